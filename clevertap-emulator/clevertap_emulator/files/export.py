"""An export: all files of all runs in a folder, and the truth of what is in them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from clevertap_emulator.files.export_events import EventExport, MessageExport
from clevertap_emulator.files.export_profiles import ProfileExport
from clevertap_emulator.files.parts import ExportParts
from clevertap_emulator.files.settings import ExportSettings, FileFormat, What
from clevertap_emulator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from clevertap_emulator.files.parts import FileWriter


@dataclass
class Exported:
    """What was written, and the truth of it.

    Attributes:
        folder: Of the files.
        files: The key of each: its path below the folder, with `/`.
        rows: How many rows all files have together.
        damaged: The keys of files that are `cut`, `grow` or will be replaced: by these flags.
        lines: The truth as JSON, one object for each row, as `--truth` writes it.
    """

    folder: Path
    files: list[str] = field(default_factory=list)
    rows: int = 0
    damaged: dict[str, list[str]] = field(default_factory=dict)
    lines: list[bytes] = field(default_factory=list)

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        """The events, each once, with the `files` it is in; decimals are `Decimal`."""
        return [row for row in self._rows if row["kind"] == "event"]

    @cached_property
    def profiles(self) -> list[dict[str, Any]]:
        """The profiles, one for each file that a user is in, the latest run last."""
        return [row for row in self._rows if row["kind"] == "profile"]

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        return [json.loads(line, parse_float=Decimal) for line in self.lines]


def export_files(out: str | Path, *, truth: bool = True, **settings: Any) -> Exported:  # noqa: ANN401 - of both kinds
    """Write the history of a project as partner export files, in this process.

    Args:
        out: The folder. It is made where it is missing; files that are there stay.
        truth: Whether to return the truth, which needs about 700 bytes a row.
        settings: The flags of `clevertap-emulator export`, as for `Emulator.start`.

    Raises:
        TypeError: A setting is unknown.
        ValueError: Settings do not go together, or a library is missing.
    """
    known = {each.name for each in fields(ExportSettings)}
    of_files = {name: value for name, value in settings.items() if name in known}
    of_history = {name: value for name, value in settings.items() if name not in known}
    exported = Exported(Path(out))
    take_line = exported.lines.append if truth else None
    parts = ExportParts(Settings(**of_history), _converted(of_files), exported.folder, take_line)
    written = write_files(parts)
    exported.files, exported.rows = written.keys, written.rows
    exported.damaged = written.damage.keys
    return exported


def write_files(parts: ExportParts) -> FileWriter:
    """Write all files of an export, and return what wrote them.

    Raises:
        ValueError: Settings do not go together, or a library is missing.
    """
    what, is_bridge = parts.settings.what, parts.settings.format is FileFormat.EVENTBRIDGE
    if what is not What.PROFILES:
        (MessageExport if is_bridge else EventExport)(parts).write()
    if what is not What.EVENTS and not is_bridge:
        ProfileExport(parts).write()
    return parts.files


def _converted(given: dict[str, Any]) -> ExportSettings:
    """Return settings of which any may be written as on the command line."""
    converted: dict[str, Any] = {}
    for each in fields(ExportSettings):
        if each.name in given:
            converted[each.name] = _setting(each.default, given[each.name])
    return ExportSettings(**converted)


def _setting(default: object, value: Any) -> object:  # noqa: ANN401 - of any setting
    if default is None:
        return value
    kind = cast("Callable[[Any], object]", type(default))
    return tuple(map(str, value)) if kind is tuple else kind(value)
