"""The settings of an export: one frozen value, read by all parts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class FileFormat(str, Enum):
    """A format of files."""

    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"
    XML = "xml"
    EVENTBRIDGE = "eventbridge"


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
    EVENT = "event"


class Suffix(str, Enum):
    """How names end, whatever is in the files; `gzip` is a legacy one of Parquet."""

    AUTO = "auto"
    GZ = "gz"
    GZIP = "gzip"
    NONE = "none"


class ProfileNames(str, Enum):
    """The names of files of profiles."""

    NEW = "new"
    LEGACY = "legacy"


class ParquetLayout(str, Enum):
    """The columns of Parquet files: the documented maps, lists of pairs, or other members."""

    MAP = "map"
    LIST = "list"
    OTHER = "other"


class ParquetPages(str, Enum):
    """How the pages of Parquet files are packed."""

    SNAPPY = "snappy"
    GZIP = "gzip"
    ZSTD = "zstd"
    NONE = "none"


@dataclass(frozen=True)
class ExportSettings:
    """All settings of the files; those of the history are in `Settings`."""

    format: FileFormat = FileFormat.JSON
    what: What = What.BOTH
    packed: bool | None = None
    """None: packed, but for Parquet."""
    suffix: Suffix = Suffix.AUTO
    folders: Folders = Folders.ROOT
    prefix: str = ""
    profile_names: ProfileNames = ProfileNames.NEW
    export_id: int = 1_761_651_721
    runs: int = 1
    only_run: tuple[str, ...] = ()
    overlap_days: int = 0
    full_profiles: bool = False
    databases: int = 2
    rows_per_file: int = 1_000_000
    event: tuple[str, ...] = ()
    rows: int = 0
    rename: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    shuffle_columns: bool = False
    session_key: str = "sessionProps"
    xml_root: bool = True
    parquet_layout: ParquetLayout = ParquetLayout.MAP
    parquet_pages: ParquetPages = ParquetPages.SNAPPY
    joined: bool = False
    cut: int = 0
    grow: int = 0
    replace: int = 0

    @property
    def is_packed(self) -> bool:
        """Whether the files are gzipped."""
        return self.format is not FileFormat.PARQUET if self.packed is None else self.packed

    @property
    def ending(self) -> str:
        """What names have behind the format."""
        if self.suffix is Suffix.AUTO:
            return ".gz" if self.is_packed else ""
        return "" if self.suffix is Suffix.NONE else f".{self.suffix.value}"
