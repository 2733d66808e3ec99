"""What more than one part must know of the project's intents."""

#: They speak of what is to come: a name that fits two days, as 周五 and 3月5号 do, means the next one; in all others
#: it means the last.
AHEAD = frozenset(
    {
        "create_reminder",
        "list_todos",
        "cancel_reminder",
        "snooze_reminder",
        "subscribe_report",
        "submit_application",
    }
)
