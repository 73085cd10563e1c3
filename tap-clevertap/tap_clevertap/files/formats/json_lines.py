"""JSON: the name of the event alone in the first line, then an object in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from io import BufferedReader

    from tap_clevertap.files.formats.readers import Kind
    from tap_clevertap.files.rows import EventRows, ProfileRows, ReadOptions


def kind_of(content: BufferedReader, columns: Mapping[str, str]) -> Kind:
    """Tell events from profiles by the first object."""
    raise NotImplementedError


def event_rows(content: BinaryIO, options: ReadOptions) -> Iterator[EventRows]:
    """Yield the rows of events."""
    raise NotImplementedError


def profile_rows(content: BinaryIO, options: ReadOptions) -> Iterator[ProfileRows]:
    """Yield the rows of profiles."""
    raise NotImplementedError
