"""What is known of rows of JSON, from file to file."""

from __future__ import annotations

from tap_clevertap.files.formats.json_names import SeenNames
from tap_clevertap.files.formats.json_users import KnownUsers

MOST_EVENTS = 256


class JsonMemory:
    """Remembers the users of rows, and the names in the rows of each event.

    One thread uses it.
    """

    def __init__(self) -> None:
        self.users = KnownUsers()
        self._names: dict[str, SeenNames] = {}

    def names_of(self, event: str) -> SeenNames:
        """Return the names in the rows of an event, which the reader of a file adds to."""
        if event not in self._names and len(self._names) >= MOST_EVENTS:
            self._names.clear()
        return self._names.setdefault(event, SeenNames())
