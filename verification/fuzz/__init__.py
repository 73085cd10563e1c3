"""Fuzzing of the readers of what others send: `make fuzz`."""
