"""An export: all files of all runs in a folder, and the truth of what is in them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from clevertap_emulator.files.json_lines import JsonEvents
from clevertap_emulator.files.names import FileNames
from clevertap_emulator.files.rows import Users
from clevertap_emulator.files.runs import runs_of, split
from clevertap_emulator.files.settings import ExportSettings, What
from clevertap_emulator.files.truth import EventTruth
from clevertap_emulator.files.world import World
from clevertap_emulator.files.writing import packed, write_file
from clevertap_emulator.settings import Settings
from clevertap_emulator.shown import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date


@dataclass
class Exported:
    """What was written, and the truth of it."""

    folder: Path
    files: list[str] = field(default_factory=list)
    """The key of each: its path below the folder, with `/`."""
    rows: int = 0
    """In all files together."""
    lines: list[bytes] = field(default_factory=list)
    """The truth as JSON, one object for each row, as `--truth` writes it."""

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        """The events, each once, with the `files` it is in; decimals are `Decimal`."""
        return [row for row in self._rows if row["kind"] == "event"]

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        return [json.loads(line, parse_float=Decimal) for line in self.lines]


def export_files(folder: str | Path, *, truth: bool = True, **settings: Any) -> Exported:  # noqa: ANN401 - of both kinds
    """Write the history of a project as partner export files, in this process.

    Args:
        folder: It is made where it is missing; files that are there stay.
        truth: Whether to return the truth, which needs about 700 bytes a row.
        settings: The flags of `clevertap-emulator export`, as for `Emulator.start`.

    Raises:
        TypeError: A setting is unknown.
        ValueError: Settings do not go together.
    """
    known = {each.name for each in fields(ExportSettings)}
    of_files = {name: value for name, value in settings.items() if name in known}
    of_history = {name: value for name, value in settings.items() if name not in known}
    exported = Exported(Path(folder))
    take_line = exported.lines.append if truth else None
    ExportWriter(Settings(**of_history), _converted(of_files), exported, take_line).write()
    return exported


def _converted(given: dict[str, Any]) -> ExportSettings:
    """Return settings of which any may be written as on the command line."""
    converted: dict[str, Any] = {}
    for each in fields(ExportSettings):
        if each.name in given:
            value, kind = given[each.name], cast("Any", type(each.default))
            converted[each.name] = tuple(map(str, value)) if kind is tuple else kind(value)
    return ExportSettings(**converted)


class ExportWriter:
    """Writes the files of one export."""

    def __init__(
        self,
        settings: Settings,
        files: ExportSettings,
        exported: Exported,
        take_line: Callable[[bytes], object] | None,
    ) -> None:
        self._settings = files
        self._world = World(settings)
        self._exported = exported
        self._take_line = take_line
        self._runs = runs_of(self._world, files)
        self._names = FileNames(files)
        users = Users(self._world.people)
        self._events = JsonEvents(users)
        self._truth = EventTruth(users)

    def write(self) -> None:
        """Write everything."""
        if self._settings.what is not What.PROFILES:
            for name in self._event_names():
                for day in self._world.days:
                    self._write_day(name, day)

    def _event_names(self) -> list[str]:
        known = self._world.event_names
        for name in self._settings.event:
            if name not in known:
                message = f"--event: {shown(name)} is not an event; use one of the history"
                raise ValueError(message)
        return [name for name in known if name in self._settings.event or not self._settings.event]

    def _write_day(self, name: str, day: date) -> None:
        events = self._world.store.events(name, day)
        files: list[list[str]] = [[] for _ in events] if self._take_line else []
        for run in self._runs:
            positions = run.positions(events) if run.covers(day) else ()
            for database, chosen in split(events, positions, day, self._settings):
                key = self._names.of_events(run.name, name, day, database)
                rows = [events[position] for position in chosen]
                self._write_file(key, self._events.content(name, rows), len(rows))
                if files:
                    for position in chosen:
                        files[position].append(key)
        if self._take_line is not None:
            for line in self._truth.lines(name, events, files):
                self._take_line(line)

    def _write_file(self, key: str, content: Iterable[bytes], rows: int) -> None:
        ready = packed(content) if self._settings.packed else content
        write_file(self._exported.folder / key, ready)
        self._exported.files.append(key)
        self._exported.rows += rows
