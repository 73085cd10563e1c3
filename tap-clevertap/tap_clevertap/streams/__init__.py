"""The streams: start reading here."""
