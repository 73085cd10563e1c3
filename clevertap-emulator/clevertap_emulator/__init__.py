"""An emulator of the CleverTap server API, for development and tests."""
