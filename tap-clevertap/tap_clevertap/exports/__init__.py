"""Exports: planned, read side by side, spooled."""
