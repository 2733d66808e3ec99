"""What everyone speaks of: bots, contacts, rooms, members, accounts, messages, turns, the outbox, and who may see what."""
