"""The report of a day, a week, a month or any span: what happened in a room, or in all rooms of a person."""
