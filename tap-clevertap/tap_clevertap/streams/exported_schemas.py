"""The fields of the streams of export files: those of the API's streams, and the file."""

from __future__ import annotations

from typing import Any

from tap_clevertap.streams.schemas import EVENTS_SCHEMA, PROFILES_SCHEMA

SOURCE_FILE = {
    "type": ["string", "null"],
    "description": "The file of the row: its path below the folder of export_files_url.",
}


def _with_file(schema: dict[str, Any]) -> dict[str, Any]:
    return {**schema, "properties": {**schema["properties"], "source_file": SOURCE_FILE}}


EXPORTED_SCHEMAS = {
    "exported_events": _with_file(EVENTS_SCHEMA),
    "exported_profiles": _with_file(PROFILES_SCHEMA),
}
"""By the name of the stream."""
