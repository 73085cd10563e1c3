"""The page for people at `/_emulator/`, and the JSON paths that only it needs."""
