"""Records after stream maps, and one message for whatever a stream map raises."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import MapExpressionError, MappingError

from target_clevertap._plugin.shown import shown, visible
from target_clevertap.errors import InputError, SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_clevertap.singer.place import InputPlace
    from target_clevertap.singer.streams import Branch, Stream

TRANSFORM_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a stream map's expression raises on a value it was not written for."""


@contextmanager
def translate_map_errors() -> Iterator[None]:
    """Raise a SettingError for what the SDK raises where stream maps cannot work.

    Raises:
        SettingError: In place of it.
    """
    try:
        yield
    except (MappingError, MemoryError, RecursionError, *TRANSFORM_FAULTS) as error:
        why = visible(str(error)) or type(error).__name__
        message = f"stream_maps: they do not fit the streams ({why}); fix them"
        raise SettingError(message) from None


def mapped_record(
    stream: Stream, branch: Branch, record: dict[str, Any], place: InputPlace
) -> dict[str, Any] | None:
    """Return a record after the stream map of a branch; None where the map leaves it out.

    Args:
        stream: That it is of.
        branch: Of the stream.
        record: As it came in.
        place: Where the record is.

    Raises:
        InputError: When the map fails on it.
    """
    try:
        return branch.transform(record)
    except MapExpressionError as error:
        why = visible(str(error))
    except (RecursionError, *TRANSFORM_FAULTS) as error:
        why = type(error).__name__  # its text may hold the value it stumbled upon
    fault = (
        f"{place}: a stream map of {shown(stream.origin.stream)} fails "
        f"({why}); fix it under stream_maps"
    )
    raise InputError(fault)


def deleted_record(
    stream: Stream, branch: Branch, record: dict[str, Any], place: InputPlace
) -> dict[str, Any] | None:
    """Return a deleted row after a stream map; as it came where the map fails on it.

    Most of its columns may be null or missing. Where the map might leave it out, or give it
    another user, nobody knows who is to be deleted: the run ends.
    """
    if branch.is_plain:
        return record
    if branch.builder.row_deletions is not None and not branch.keeps_user:
        return mapped_record(stream, branch, record, place)
    try:
        return branch.transform(record)
    except (MapExpressionError, RecursionError, *TRANSFORM_FAULTS):
        return record
