"""Accounts: adding and finding them, signing in, and binding a WeChat contact to one."""
