"""Which typed streams a run has: names and columns by getSchema, by the state and by a catalog."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tap_clevertap.streams.stream_names import LISTED_STREAMS
from tap_clevertap.typed.columns import TypedColumn
from tap_clevertap.typed.given_columns import GivenColumns, name_columns
from tap_clevertap.typed.kinds import JSON_TYPES, PropertyKind, kind_in_catalog
from tap_clevertap.typed.names import STREAM_PREFIX, assign_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from singer_sdk.singerlib import Catalog, CatalogEntry


class TypedEvent(NamedTuple):
    """An event with a stream of its own."""

    event_name: str
    stream: str
    columns: tuple[TypedColumn, ...]
    declared: Mapping[str, PropertyKind]
    """The properties in getSchema."""


def stream_names(events: Iterable[str], kept: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the stream of each event.

    Args:
        events: All that getSchema has.
        kept: Streams that the state has, by event.
    """
    return assign_names(events, prefix=STREAM_PREFIX, taken=LISTED_STREAMS, kept=kept)


def kept_streams(bookmarks: Mapping[str, Any]) -> dict[str, str]:
    """Return the stream of each event that has one in the state."""
    return {
        partition["context"]["event_name"]: stream
        for stream, state in bookmarks.items()
        if is_typed_stream(stream)
        for partition in state.get("partitions", [])[:1]
    }


def is_typed_stream(stream: str) -> bool:
    """Return whether a stream can be that of an event, by its name."""
    return stream.startswith(STREAM_PREFIX) and stream not in LISTED_STREAMS


class TypedLayout:
    """The typed streams of a run.

    - Only the main thread uses it; nothing is raised.

    Args:
        declared: The properties of each event that getSchema has.
        fields: The schema of the events stream.
        bookmarks: The state of each stream, by its name.
        catalog: As given, or None; streams and columns in it get the names that the state has.
    """

    def __init__(
        self,
        declared: Mapping[str, Mapping[str, PropertyKind]],
        fields: Mapping[str, Any],
        bookmarks: Mapping[str, Any],
        catalog: Catalog | None,
    ) -> None:
        self._declared = declared
        self._fields = fields
        self._bookmarks = bookmarks
        self._catalog = catalog
        self._names = stream_names(declared, kept_streams(bookmarks))
        self._names_without_state = stream_names(declared)

    def events(self, names: Iterable[str]) -> list[TypedEvent]:
        """Return the typed streams of some events."""
        return [self._event(name) for name in names]

    def _event(self, name: str) -> TypedEvent:
        stream = self._names[name]
        declared = self._declared[name]
        given = GivenColumns(self._bookmarks.get(stream, {}).get("columns", ""))
        columns = name_columns(declared, self._fields["properties"], given)
        entry = self._entry(name, columns)
        if entry is not None:
            return TypedEvent(name, stream, self._columns_in(entry, declared, columns), declared)
        found = (TypedColumn(columns[each], each, kind) for each, kind in declared.items())
        return TypedEvent(name, stream, tuple(found), declared)

    def schema(self, event: TypedEvent) -> dict[str, Any]:
        """Return the schema of a typed stream."""
        typed = {
            each.name: JSON_TYPES[each.kind] | {"title": each.property} for each in event.columns
        }
        return {**self._fields, "properties": {**self._fields["properties"], **typed}}

    def _entry(self, name: str, columns: Mapping[str, str]) -> CatalogEntry | None:
        """Return the catalog's entry of an event, which may have the names of an empty state."""
        if self._catalog is None:
            return None
        stream, without_state = self._names[name], self._names_without_state[name]
        if stream not in self._catalog and without_state not in self._names.values():
            _rename_stream(self._catalog, without_state, stream)
        entry = self._catalog.get_stream(stream)
        if entry is not None:
            fields = self._fields["properties"]
            plain = name_columns(self._declared[name], fields, GivenColumns())
            _rename_columns(entry, {plain[each]: columns[each] for each in columns})
        return entry

    def _columns_in(
        self, entry: CatalogEntry, declared: Mapping[str, PropertyKind], columns: Mapping[str, str]
    ) -> tuple[TypedColumn, ...]:
        properties = {column: name for name, column in columns.items()}
        fields: Collection[str] = self._fields["properties"]
        found = []
        for column, schema in entry.schema.to_dict().get("properties", {}).items():
            name = schema.get("title") or properties.get(column)
            if column not in fields and isinstance(name, str):
                kind = kind_in_catalog(schema, declared.get(name, PropertyKind.ANY))
                found.append(TypedColumn(column, name, kind))
        return tuple(found)


def _rename_stream(catalog: Catalog, old: str, new: str) -> None:
    entry = catalog.pop(old, None)
    if entry is not None:
        entry.tap_stream_id = entry.stream = new
        catalog[new] = entry


def _rename_columns(entry: CatalogEntry, renamed: Mapping[str, str]) -> None:
    properties = entry.schema.properties or {}
    for old, new in renamed.items():
        if old != new and old in properties and new not in properties:
            properties[new] = properties.pop(old)
            if ("properties", old) in entry.metadata:
                entry.metadata["properties", new] = entry.metadata.pop(("properties", old))
