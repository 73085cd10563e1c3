"""Stores of clouds: each module imports the SDK of one, so `open_store` imports it when needed."""
