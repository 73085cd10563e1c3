"""Settings, the events that are read, and the project's time zone."""
