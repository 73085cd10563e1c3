"""The settings of an export: one frozen value, read by all parts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class FileFormat(str, Enum):
    """A format of the files; its value begins their suffix, except for `eventbridge`."""

    JSON = "json"


class What(str, Enum):
    """The kinds of rows."""

    EVENTS = "events"
    PROFILES = "profiles"
    BOTH = "both"


class Folders(str, Enum):
    """The folders of the files, below the root of the export [U:profile-exports]."""

    ROOT = "root"
    KIND = "kind"
    RUN_DATE = "run-date"
    EXPORT_ID = "export-id"


class Suffix(str, Enum):
    """Whether names end in `.gz`, whatever is in the files."""

    AUTO = "auto"
    GZ = "gz"
    NONE = "none"


@dataclass(frozen=True)
class ExportSettings:
    """All settings of the files; those of the history are in `Settings`."""

    format: FileFormat = FileFormat.JSON
    what: What = What.BOTH
    packed: bool = True
    suffix: Suffix = Suffix.AUTO
    folders: Folders = Folders.ROOT
    prefix: str = ""
    export_id: int = 1_761_651_721
    runs: int = 1
    only_run: tuple[str, ...] = ()
    overlap_days: int = 0
    databases: int = 2
    rows_per_file: int = 1_000_000
    event: tuple[str, ...] = ()

    @property
    def has_gz_suffix(self) -> bool:
        """Whether names end in `.gz`."""
        return self.packed if self.suffix is Suffix.AUTO else self.suffix is Suffix.GZ
