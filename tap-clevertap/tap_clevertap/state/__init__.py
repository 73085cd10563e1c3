"""Bookmarks, and the state files that hold them."""
