"""Rasa custom actions: slots in, a service called, replies out. Everything a turn does is done once."""
