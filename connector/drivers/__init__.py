"""Drivers: the ways in which a bot reaches WeChat."""
