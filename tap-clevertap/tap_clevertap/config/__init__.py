"""The settings: their schema, their meaning in a run, and the events and time zone they name."""
