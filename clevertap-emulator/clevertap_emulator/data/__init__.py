"""The project that the emulator serves: its people and their history."""
