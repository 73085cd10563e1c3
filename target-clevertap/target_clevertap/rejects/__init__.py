"""Rejects, the dead-letter file: records that were not delivered, and sending them again."""
