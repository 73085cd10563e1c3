"""The stream maps of a stream, as the SDK makes them for its SCHEMA."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap.singer.columns import mapper_schema
from target_clevertap.singer.mapped_records import translate_map_errors

if TYPE_CHECKING:
    from collections.abc import Iterable

    from singer_sdk.mapper import PluginMapper, StreamMap

    from target_clevertap.singer.columns import Columns
    from target_clevertap.singer.lines import Line


def stream_maps_of(
    mapper: PluginMapper, message: Line, columns: Columns, keys: Iterable[str]
) -> Iterable[StreamMap]:
    """Return the stream maps for the records under a SCHEMA.

    Args:
        mapper: The SDK's, with the setting; it knows the SCHEMA from now on.
        message: The SCHEMA message, checked.
        columns: The columns by the SCHEMA.
        keys: Its primary key.

    Raises:
        SettingError: When stream maps do not fit the stream.
    """
    name = message.stream or ""
    with translate_map_errors():
        schema = mapper_schema(message.schema, columns, keys)
        # stream maps would end the run for a key that no record brings, needed or not
        known_keys = [key for key in keys if columns.allows(key)]
        mapper.register_raw_stream_schema(name, schema, known_keys)
    return mapper.stream_maps[name]
