"""A Singer target for CleverTap: any stream as events and profiles."""
