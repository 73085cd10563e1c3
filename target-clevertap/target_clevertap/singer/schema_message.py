"""SCHEMA messages: checked, and read into columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from target_clevertap._plugin.shown import shown
from target_clevertap.errors import InputError
from target_clevertap.singer.columns import read_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_clevertap.singer.columns import Columns
    from target_clevertap.singer.lines import Line
    from target_clevertap.singer.streams import Stream


def read_schema(message: Line, line_number: int) -> tuple[str, Columns, list[str]]:
    """Return the stream, the columns and the primary key of a SCHEMA message.

    Raises:
        InputError: When a part is missing or has the wrong type.
    """
    stream, keys = message.stream, message.key_properties
    if not stream:
        raise _schema_error(line_number, "has no `stream`", "name it")
    if any("\ud800" <= letter <= "\udfff" for letter in stream):
        raise _schema_error(line_number, "has an unpaired surrogate in its `stream`", "rename it")
    if keys is not None and not (
        isinstance(keys, list) and all(isinstance(key, str) for key in keys)
    ):
        fault = (
            f"of stream {shown(stream)} has `key_properties` that are not a list of column names"
        )
        raise _schema_error(line_number, fault, "correct them")
    try:
        return stream, read_columns(message.schema), keys or []
    except ValueError as error:
        fault = f"of stream {shown(stream)} {error}"
        raise _schema_error(line_number, fault, "correct it") from None


def _schema_error(line_number: int, fault: str, advice: str) -> InputError:
    message = f"line {line_number} of the input: the SCHEMA {fault}; {advice} in the tap"
    return InputError(message)


def with_partial(columns: Columns, keys: Iterable[str], earlier: Stream | None) -> Columns:
    """Return the columns of a SCHEMA, marked as partial where it does not list all of them.

    - Some taps discover columns while they read: their first SCHEMA lists none, later ones some.
    - Other taps never list all columns. Their SCHEMA lacks columns of its own key.

    Args:
        columns: By the SCHEMA.
        keys: The primary key of the stream.
        earlier: The stream by the SCHEMA before this one.
    """
    was_partial = earlier is not None and earlier.columns.is_partial
    lacks_key = any(key not in columns.listed and columns.allows(key) for key in keys)
    return msgspec.structs.replace(
        columns, is_partial=columns.is_partial or was_partial or lacks_key
    )


def schema_key(message: Line) -> tuple[Any, Any, Any]:
    """Return all of a SCHEMA message but the stream's name, to compare it with another one."""
    return message.schema, message.key_properties, message.bookmark_properties
