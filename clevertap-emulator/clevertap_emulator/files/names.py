"""Names of files and folders, as CleverTap gives them [U:export-format, U:profile-exports]."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

from clevertap_emulator.data.calendar import day_stamp
from clevertap_emulator.files.settings import Folders, ProfileNames

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from clevertap_emulator.files.settings import ExportSettings

KIND_FOLDERS = {"events": "events/", "profiles": "profile/"}


class RunName(NamedTuple):
    """What the names of all files of a run have in common."""

    account_id: str
    export_id: int
    stamp: int
    """When the run began, in epoch seconds."""
    zone: ZoneInfo

    @property
    def date(self) -> str:
        """The day on which it began, `YYYY-MM-DD`."""
        return datetime.fromtimestamp(self.stamp, self.zone).date().isoformat()


class FileNames:
    """Gives each file its key: the path below the root of the export."""

    def __init__(self, settings: ExportSettings) -> None:
        self._settings = settings
        self._next: dict[tuple[int, str, date, int], int] = {}

    def of_events(self, run: RunName, event: str, day: date, database: int) -> str:
        """Return the key of the next file of an event, a day and a database."""
        cleaned = sanitised(event)
        group = (run.stamp, cleaned, day, database)
        index = self._next.get(group, 0)
        self._next[group] = index + 1
        parts = (run.export_id, run.stamp, cleaned, day_stamp(day), index, database)
        folder = self._folder(run, "events", database, cleaned)
        return folder + "-".join(map(str, parts)) + self._suffix()

    def of_profiles(self, run: RunName, database: int) -> str:
        """Return the key of the next file of profiles of a database."""
        index = self._next.get((run.stamp, "", date.min, database), 0)
        self._next[run.stamp, "", date.min, database] = index + 1
        # Later files of a database have the stamps of later seconds.
        parts = (run.account_id, run.export_id, run.stamp + index, database)
        settings = self._settings
        name = "-".join(map(str, parts))
        folder = self._folder(run, "profiles", database)
        if settings.profile_names is ProfileNames.LEGACY:
            return f"{folder}{name}-{settings.format.value}{settings.ending or '.gz'}"
        return folder + name + self._suffix()

    def of_messages(self, run: RunName, name: str) -> str:
        """Return the key of a file of EventBridge messages."""
        return self._folder(run, "events", 0) + name + self._settings.ending

    def _folder(self, run: RunName, kind: str, database: int, event: str = "") -> str:
        chosen = {
            Folders.ROOT: "",
            Folders.KIND: KIND_FOLDERS[kind],
            Folders.RUN_DATE: f"{run.date}/",
            Folders.EXPORT_ID: f"{run.export_id}/",
            Folders.EVENT: f"{event}/" if event else "",
        }[self._settings.folders]
        placeholders = {
            "{{Account-id}}": run.account_id,
            "{{Export-id}}": str(run.export_id),
            "{{Timestamp}}": str(run.stamp),
            "{{Instance-id}}": str(database),
            "{{Date}}": run.date,
        }
        prefix = self._settings.prefix
        for placeholder, value in placeholders.items():
            prefix = prefix.replace(placeholder, value)
        return (f"{prefix}/" if prefix else "") + chosen

    def _suffix(self) -> str:
        return f".{self._settings.format.value}{self._settings.ending}"


def sanitised(event: str) -> str:
    """Return an event name as file names have it [U:profile-and-events-legacy FAQ]."""
    return "".join(_sanitised(letter) for letter in event)


def _sanitised(letter: str) -> str:
    if letter.isspace() or letter in "/\0":
        return "-"
    return "?" if unicodedata.category(letter) == "Cc" else letter
