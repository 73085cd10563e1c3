"""A Singer tap for CleverTap: events and profiles, day by day."""
