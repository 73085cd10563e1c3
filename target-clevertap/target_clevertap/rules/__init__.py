"""Rules: how a stream's records become CleverTap records."""
