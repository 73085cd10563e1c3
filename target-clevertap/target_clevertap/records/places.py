"""Where the properties of a shaped record come from, and under which names they are sent."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from target_clevertap._plugin.shown import shown
from target_clevertap.records.formats import snake_case
from target_clevertap.records.names import is_loader_column
from target_clevertap.records.paths import Path, located, value_at
from target_clevertap.records.values import NO_LIMIT, encode, plain
from target_clevertap.rules.shape import Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns

    Record = Mapping[str, Any]
    Source = Sequence[tuple[str, Path | None]]
    """The parts of a property's source: what the rule names, and where the stream has it."""

    Members = Sequence[tuple[Path, dict[str, Any]]]
    """What was unpacked of a record: each object with its place."""

JOINED_BY = " "


class Places:
    """The sources of a record's properties.

    A place is a column, or a path into the objects of one. Each gets a key of its own, as messages
    show it, so that no member of an object hides a column of the same name.
    """

    def __init__(
        self,
        rule: Rule,
        columns: Columns,
        unpack: Sequence[Path],
        heads: Sequence[Path],
        hidden: Sequence[Path],
    ) -> None:
        """Find the places of a stream.

        Args:
            rule: With a shape that has the properties of certain events among all.
            columns: Of the stream.
            unpack: Where the objects with the properties are.
            heads: Where user, event and time are: such columns are not repeated as properties.
            hidden: Those of them that are not repeated where they are members of objects.
        """
        shape = rule.shape or Shape()
        self.names: dict[str, list[str]] = {}
        """By the key of a place, the names of its properties; shared with the plans."""

        self._columns, self._unpack = columns, unpack
        self._heads = {each.column for each in heads if not each.members}
        self._taken = {each.text for each in heads}
        self._hidden = {each.text for each in hidden}
        self._keeps = rule.others == "keep"
        self._is_snake, self._drops_nested = shape.names == "snake_case", shape.nested == "drop"
        self._exclude = [*map(_pattern, shape.exclude)]
        self._sources = [
            (name, [[(part, located(part, columns)) for part in source] for source in sources])
            for name, sources in shape.properties.items()
        ]
        self._others: dict[str, str | None] = {}

    def fill(self, flat: dict[str, Any], record: Record, members: Members) -> None:
        """Add a record's properties, by the keys of their places.

        Args:
            flat: Added to.
            record: As it came.
            members: What was unpacked of it.
        """
        used: set[str] = set()
        for name, sources in self._sources:
            self._fill_named(flat, name, sources, (record, members), used)
        if not self._keeps:
            return
        if not self._unpack:
            self._fill_others(flat, "", record, used)
        sent: set[str] = set()
        for place, found in members:
            new = {member: value for member, value in found.items() if member not in sent}
            self._fill_others(flat, f"{place.text}.", new, used)
            sent.update(new)

    def _fill_named(
        self,
        flat: dict[str, Any],
        name: str,
        sources: Iterable[Source],
        found: tuple[Record, Members],
        used: set[str],
    ) -> None:
        """Add a property that the rule names, from its first source with a value.

        Args:
            flat: Added to.
            name: Of the property.
            sources: Where its value may be.
            found: The record, and what was unpacked of it.
            used: Added to: the places that are not sent under their own names as well.
        """
        null: str | None = None
        for source in sources:
            parts = [_found(part, *found) for part in source]
            if len(parts) == 1:
                used.add(parts[0].place)
            if all(each.value is not None and each.value != "" for each in parts):
                place = " + ".join(each.place for each in parts)
                value = parts[0].value if len(parts) == 1 else _joined(parts)
                flat[self._key(place, name)] = value
                return
            if null is None and parts[0].is_there:
                null = parts[0].place
        if null is not None:
            flat[self._key(null, name)] = None

    def _key(self, place: str, name: str) -> str:
        """Return the key of a place that becomes a property of this name."""
        if place not in self._taken and self.names.setdefault(place, [name]) == [name]:
            return place
        key = f"{place} as {name}"
        self.names.setdefault(key, [name])
        return key

    def _fill_others(
        self, flat: dict[str, Any], prefix: str, found: Record, used: AbstractSet[str]
    ) -> None:
        for member, value in found.items():
            place = prefix + member
            if place not in self._others:
                self._others[place] = self._other_name(place, member, is_column=not prefix)
            name = self._others[place]
            if name is None or place in used:
                continue
            if not (self._drops_nested and isinstance(value, (dict, list))):
                flat[self._key(place, name)] = value

    def _other_name(self, place: str, member: str, *, is_column: bool) -> str | None:
        """Return the name of what the rule does not name; None where it is not sent."""
        if is_column and (member in self._heads or is_loader_column(member)):
            return None
        if place in self._hidden or any(pattern.fullmatch(place) for pattern in self._exclude):
            return None
        return snake_case(member) if self._is_snake else member

    def properties(self) -> dict[str, str]:
        """Return the names that the rule gives, each with a place of it."""
        return {name: sources[0][0][0] for name, sources in self._sources}

    def listed(self, columns: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield what is known before the first record: places with the names of their properties.

        Args:
            columns: Of the stream.
        """
        named: set[str] = set()
        for name, sources in self._sources:
            places = (path for source in sources if len(source) == 1 for _, path in source)
            if (found := next((path for path in places if path is not None), None)) is not None:
                named.add(found.text)
                yield found.text, name
        if not self._keeps or self._unpack:
            return
        for column in columns:
            other = self._other_name(column, column, is_column=True)
            if other is not None and column not in named:
                yield column, other

    def described(self, columns: Columns) -> Columns:
        """Return the schemas of all places: those of columns, and of members where known."""
        listed = dict(columns.listed)
        for place in self._unpack:
            if place.prefix:
                listed |= {
                    f"{place.text}.{name[len(place.prefix) :]}": schema
                    for name, schema in columns.listed.items()
                    if name.startswith(place.prefix)
                }
            listed |= {f"{place.text}.{name}": each for name, each in _members(columns, place)}
        for _, sources in self._sources:
            for source in sources:
                for _, path in source:
                    if path is not None and path.members:
                        listed[path.text] = _schema_at(columns, path)
        return msgspec.structs.replace(
            columns, listed=listed, rest={} if self._unpack else columns.rest
        )


class Part(NamedTuple):
    """What a record has for a part of a source."""

    place: str
    value: Any
    is_there: bool
    """Whether the record has it, be it null."""


def _found(part: tuple[str, Path | None], record: Record, members: Members) -> Part:
    """Return what a record has for a part: of members first, then of columns."""
    wanted, path = part
    for place, found in members:
        if wanted in found:
            return Part(f"{place.text}.{wanted}", found[wanted], is_there=True)
    if path is None:
        return Part(wanted, None, is_there=False)
    return Part(path.text, value_at(record, path), is_there=path.column in record)


def _pattern(wanted: str) -> re.Pattern[str]:
    """Return a pattern for names, in which `*` is any text."""
    return re.compile(".*".join(map(re.escape, wanted.split("*"))), re.IGNORECASE | re.DOTALL)


def _joined(parts: Iterable[Part]) -> str:
    return JOINED_BY.join(map(_text, parts))


def _text(part: Part) -> str:
    """Return a part as text; other types have the form of JSON in which they are sent alone."""
    sent = plain(f"column {shown(part.place)}", NO_LIMIT)(part.value)
    return sent.strip() if isinstance(sent, str) else encode(sent).decode()


def _members(columns: Columns, place: Path) -> Iterator[tuple[str, Any]]:
    found = _schema_at(columns, place).get("properties")
    for name, schema in found.items() if isinstance(found, dict) else ():
        if isinstance(schema, dict) and "type" in schema:
            yield name, schema


def _schema_at(columns: Columns, path: Path) -> dict[str, Any]:
    """Return the schema of a member; one that allows anything where it is not known."""
    schema: Any = columns.listed.get(path.column, {})
    for member in path.members:
        inner = schema.get("properties") if isinstance(schema, dict) else None
        schema = inner.get(member) if isinstance(inner, dict) else None
    return schema if isinstance(schema, dict) and ("type" in schema or not path.members) else {}
