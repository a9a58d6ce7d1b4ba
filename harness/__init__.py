"""Stops a release whose state migration can lose, invent, corrupt or strand a user's data."""
