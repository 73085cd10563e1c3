"""The profiles in partner export files."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from tap_clevertap.streams.exported import ExportedStream
from tap_clevertap.streams.exported_schemas import EXPORTED_SCHEMAS

if TYPE_CHECKING:
    from tap_clevertap.files.formats.readers import Kind


class ExportedProfiles(ExportedStream):
    """Who the users are, from files: the records of `profiles`, with equal keys."""

    name = reads = "exported_profiles"
    kind: ClassVar[Kind] = "profiles"
    primary_keys: ClassVar[tuple[str, ...]] = ("profile_key",)
    replication_key = "seen_through"
    schema = EXPORTED_SCHEMAS[name]
