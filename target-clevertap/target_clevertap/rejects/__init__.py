"""Rejects, the dead-letter file: what was not delivered."""
