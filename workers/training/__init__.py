"""What maintainers teach the bot: the sentences it was unsure of, its models, and how good they are."""
