"""The files of --state and --catalog, read strictly."""

from __future__ import annotations

import io
import json
from typing import IO, Any

from singer_sdk.singerlib import Catalog

from tap_clevertap._plugin.config_files import BOM, UNREADABLE, decode
from tap_clevertap._plugin.shown import shown
from tap_clevertap.errors import SettingError
from tap_clevertap.records.exact_json import encode_json
from tap_clevertap.streams.exported_schemas import EXPORTED_SCHEMAS
from tap_clevertap.streams.further_schemas import FURTHER_SCHEMAS
from tap_clevertap.streams.pushed_schemas import PUSHED_SCHEMAS
from tap_clevertap.streams.schemas import SCHEMAS, update_schema
from tap_clevertap.streams.stream_map_errors import EXPRESSION_ERRORS

KNOWN_SCHEMAS = SCHEMAS | FURTHER_SCHEMAS | EXPORTED_SCHEMAS | PUSHED_SCHEMAS


def read_state(file: IO[str]) -> IO[str]:
    """Return the text of a state as a new file; `null` is an empty state.

    Raises:
        SettingError: If it is not a JSON object.
    """
    text, loaded = _load(file)
    if loaded is None:
        return io.StringIO("{}")
    if not isinstance(loaded, dict):
        message = (
            f"--state: {shown(file.name)} is not a JSON object; of several STATE lines use "
            "only the last, and omit --state in the first run"
        )
        raise SettingError(message)
    return io.StringIO(text)


def read_catalog(file: IO[str]) -> IO[str]:
    """Return a catalog as a new file, with the types of this release.

    Raises:
        SettingError: If it is not a catalog.
    """
    _, loaded = _load(file)
    if not isinstance(loaded, dict) or not _is_catalog(loaded):
        message = (
            f"--catalog: {shown(file.name)} is not a catalog as --discover writes it; write it "
            "again with --discover"
        )
        raise SettingError(message)
    for stream in loaded["streams"]:
        if isinstance(stream.get("schema"), dict):
            own = KNOWN_SCHEMAS.get(stream["tap_stream_id"], {})
            update_schema(stream["schema"], own)
    return io.StringIO(encode_json(loaded).decode())


def streams_selected(catalog: IO[str]) -> frozenset[str]:
    """Return the names of the streams that a catalog selects; it is read from its start again.

    Args:
        catalog: From `read_catalog`.
    """
    found = Catalog.from_dict(json.loads(catalog.read()))
    catalog.seek(0)
    return frozenset(name for name, entry in found.items() if entry.metadata.root.selected)


def _load(file: IO[str]) -> tuple[str, Any]:
    try:
        text = file.read()
        return text.removeprefix(BOM), decode(text)
    except UNREADABLE:
        return "", ()


def _is_catalog(loaded: dict[str, Any]) -> bool:
    if not isinstance(loaded.get("streams"), list):
        return False
    try:
        catalog = Catalog.from_dict(loaded)
    except EXPRESSION_ERRORS:  # the SDK checks nothing
        return False
    if not all(isinstance(stream["tap_stream_id"], str) for stream in loaded["streams"]):
        return False
    return all(entry.stream is None or entry.stream == name for name, entry in catalog.items())
