"""The files of profiles: all users in the first run, and then those that changed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from clevertap_emulator.data.events import to_json
from clevertap_emulator.files.formats import profile_format, view_of
from clevertap_emulator.files.profiles import people_of, profile_row, profile_truth
from clevertap_emulator.files.runs import database_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clevertap_emulator.data.person import Person
    from clevertap_emulator.files.parts import ExportParts
    from clevertap_emulator.files.runs import ExportRun


class ProfileExport:
    """Writes the files of profiles."""

    def __init__(self, parts: ExportParts) -> None:
        self._parts = parts
        self._format = profile_format(parts.settings, parts.columns)
        self._view = view_of(parts.settings)

    def write(self) -> None:
        """Write all of them."""
        count = self._parts.settings.databases
        for run in self._parts.runs:
            for database in range(count):
                people = people_of(self._parts.world, self._parts.settings, run.number)
                chosen = (each for each in people if database_of(each.number, count) == database)
                self._write_database(run, database, chosen)

    def _write_database(self, run: ExportRun, database: int, people: Iterable[Person]) -> None:
        size = self._parts.settings.rows_per_file
        some: list[Person] = []
        for person in people:
            some.append(person)
            if len(some) == size:
                self._write_file(run, database, some)
                some = []
        if some:
            self._write_file(run, database, some)

    def _write_file(self, run: ExportRun, database: int, people: list[Person]) -> None:
        parts = self._parts
        key = parts.names.of_profiles(run.name, database)
        rows = [parts.columns.members(profile_row(person, run.number)) for person in people]
        parts.files.write(key, rows, partial(self._format.content, key))
        if parts.take_line is not None:
            for row, person in zip(rows, people, strict=True):
                found: dict[str, Any] = profile_truth(row, person, self._view, run.number, key)
                parts.take_line(to_json(found))
