"""Receipts of deleted users: the file that has them, and the search for a user in it."""
