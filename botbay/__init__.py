"""BotBay's ground floor: settings, database, jobs, storage, processes. It knows no feature."""
