"""CleverTap's own paths."""
