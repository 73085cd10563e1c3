"""From a record in any shape to a CleverTap record: its parts are found, then mapped as usual."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from target_clevertap._plugin.shown import shown
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.fixing import FixingMapping
from target_clevertap.records.formats import readings_of, spelled
from target_clevertap.records.mapping import RecordUser
from target_clevertap.records.moments import TOO_LARGE
from target_clevertap.records.names import folded
from target_clevertap.records.numbers import read_number
from target_clevertap.records.paths import Path, located, located_object, unpacked, value_at
from target_clevertap.records.places import Places
from target_clevertap.records.rule_mappings import rule_mapping
from target_clevertap.rules.shape import TIME_UNITS, Shape

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_clevertap.records.mapping import Mapped
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns

    Record = dict[str, Any]


class Sent(NamedTuple):
    """What records are known to send."""

    rule: Rule
    places: list[tuple[str, str]]
    """Each with the name of its property."""


class ShapedMapping:
    """A stream's records by a rule with a shape: all of them of one kind."""

    def __init__(self, rule: Rule, columns: Columns) -> None:
        """Map by a schema.

        Args:
            rule: Fitted to the stream.
            columns: What the schema says of the columns.
        """
        self.rule, self._columns = rule, columns
        self._shape = shape = rule.shape or Shape()
        self._identity = paths(shape.identity, columns)
        self._anonymous = paths(shape.anonymous, columns)
        self._event = paths(shape.event_field, columns)
        self._time = paths(shape.time, columns)
        objects = (located_object(each, columns) for each in shape.unpack)
        self._unpack = [each for each in objects if each is not None]
        self._second = TIME_UNITS[shape.time_unit]
        self._events = {spelled(name): event for name, event in shape.events.items()}
        self._properties_of = {folded(name): more for name, more in shape.properties_of.items()}
        self._variants: dict[tuple[str, bool], Variant] = {}
        self.left_out: list[str] = []
        """The first columns that records brought and the SCHEMA forbids; added to."""

        self.fixes: Counter[str] = Counter()
        """As in `FixingMapping`."""

    def __call__(self, record: Record) -> Mapped:
        """Return the record as CleverTap takes it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        event = self._event_name(record)
        user, is_anonymous = self._user(record)
        variant = self._variant(event, is_anonymous=is_anonymous)
        rule = variant.rule
        flat = {rule.identity: user}
        if rule.event_field is not None:
            flat[rule.event_field] = event
        if rule.time is not None:
            flat[rule.time] = self._seconds(first_value(record, self._time))
        members = [(each, unpacked(value_at(record, each), each.text)) for each in self._unpack]
        variant.places.fill(flat, record, members)
        return variant.mapping(flat)

    def sent(self) -> Iterator[Sent]:
        """Yield what is known to be sent before the first record, for all events and for some."""
        for event in dict.fromkeys((self.rule.event or "", *self._shape.properties_of)):
            variant = self._variant(event, is_anonymous=not self._identity)
            yield Sent(variant.rule, [*variant.places.listed(self._columns.listed)])

    def user_key(self, record: Record) -> str:
        """Return the user key of a record with its type before it, as `Mapped` has it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        return self._key(*self._user(record))

    def record_user(self, record: Record) -> RecordUser:
        """Return the user of a record, as `RecordMapping` does."""
        keys = [self.user_key(record)]
        if (anonymous := first_value(record, self._anonymous)) is not None:
            with suppress(RecordRefusedError):  # an object id that nobody can have
                keys.append(self._key(anonymous, is_anonymous=True))
        return RecordUser(keys, self.rule.type == "profile")

    def _key(self, user: Any, is_anonymous: bool) -> str:  # noqa: ANN401, FBT001 - of `_user`
        mapping = self._variant("", is_anonymous=is_anonymous).mapping
        return mapping.user_prefix + mapping.identity(user)

    def _user(self, record: Record) -> tuple[Any, bool]:
        """Return a record's user, and whether it is the anonymous one."""
        user = first_value(record, self._identity)
        if user is not None or not self._anonymous:
            return user, False
        return first_value(record, self._anonymous), True

    def _event_name(self, record: Record) -> Any:  # noqa: ANN401 - what the column holds
        if not self._event:
            return self.rule.event or ""
        name = first_value(record, self._event)
        if not isinstance(name, str):
            return self.rule.event if name is None and self._shape.event_format else name
        if (event := self._events.get(spelled(name))) is not None:
            return event
        wanted = self._shape.event_format
        return name if wanted is None else wanted.replace("{}", name)

    def _seconds(self, value: Any) -> Any:  # noqa: ANN401 - what the column holds
        """Return seconds for a number of smaller units; any other value as it is.

        NaN and very large decimals stay too, as they cannot be divided.
        """
        if self._second == 1 or value is None:
            return value
        count = read_number(value) if isinstance(value, str) else value
        if isinstance(count, bool) or not isinstance(count, (int, Decimal)):
            return value
        if isinstance(count, Decimal) and not (count.is_finite() and abs(count) < TOO_LARGE):
            return value
        return int(count // self._second)

    def _variant(self, event: object, *, is_anonymous: bool) -> Variant:
        """Return how records of an event and a kind of user are mapped."""
        name = folded(event) if isinstance(event, str) else ""
        key = (name if name in self._properties_of else "", is_anonymous)
        if (found := self._variants.get(key)) is None:
            more = self._properties_of.get(name, {})
            rule = self._rule_of(is_anonymous=is_anonymous)
            shape = replace(self._shape, properties={**self._shape.properties, **more})
            only_if = paths(filter(None, (rule.only_if,)), self._columns)
            hidden = [*self._identity, *self._anonymous, *self._time, *only_if]
            found = Variant(
                *(replace(rule, shape=shape), self._columns, self._unpack),
                *([*hidden, *self._event], hidden),
            )
            found.plans.left_out = self.left_out
            if isinstance(found.mapping, FixingMapping):
                found.mapping.fixes = self.fixes
            self._variants[key] = found
        return found

    def _rule_of(self, *, is_anonymous: bool) -> Rule:
        rule = self.rule
        if self._event:
            rule = replace(rule, event=None, event_field=self._event[0].text)
        if is_anonymous:
            return replace(rule, identity=self._anonymous[0].text, identity_type="objectId")
        return rule


class Variant:
    """How records of certain events and users are mapped."""

    def __init__(
        self,
        rule: Rule,
        columns: Columns,
        unpack: list[Path],
        heads: list[Path],
        hidden: list[Path],
    ) -> None:
        """Map by a rule.

        Args:
            rule: With a shape.
            columns: Of the stream.
            unpack: Where the objects with the properties are.
            heads: Where user, event and time are: such columns are not repeated as properties.
            hidden: Those of them that are not repeated where they are members of objects.
        """
        self.places = Places(rule, columns, unpack, heads, hidden)
        described = self.places.described(columns)
        self.rule = replace(rule, properties=self.places.properties(), others="drop")
        self.mapping = rule_mapping(self.rule, described)
        self.plans = self.mapping.plans
        self.plans.places = self.places.names
        self.plans.readings = readings_of(rule.shape or Shape())


class KindMapping:
    """A stream's records of several kinds, each by its own rule."""

    def __init__(self, rule: Rule, columns: Columns) -> None:
        """Map by a schema.

        Args:
            rule: Fitted to the stream, with kinds and the column that tells them apart.
            columns: What the schema says of the columns.
        """
        shape = rule.shape or Shape()
        self._place = paths((shape.kind_field or "",), columns)
        self.kinds = {name: ShapedMapping(each, columns) for name, each in shape.kinds.items()}
        self.left_out: list[str] = []
        self.fixes: Counter[str] = Counter()
        for each in self.kinds.values():
            each.left_out, each.fixes = self.left_out, self.fixes

    def __call__(self, record: Record) -> Mapped:
        """Return the record as CleverTap takes it.

        Raises:
            RecordRefusedError: When it is of no known kind, or CleverTap would not take it.
        """
        return self._mapping(record)(record)

    def record_user(self, record: Record) -> RecordUser:
        """Return the user of a record, as `RecordMapping` does."""
        return self._mapping(record).record_user(record)

    def _mapping(self, record: Record) -> ShapedMapping:
        kind = first_value(record, self._place)
        mapping = self.kinds.get(kind.strip().lower()) if isinstance(kind, str) else None
        if mapping is None:
            known = ", ".join(map(shown, self.kinds))
            place = shown(self._place[0].text)
            code, reason = "kind_unknown", f"column {place} holds none of the kinds {known}"
            raise RecordRefusedError(code, reason)
        return mapping


def paths(wanted: Iterable[str], columns: Columns) -> list[Path]:
    """Return where a stream has the columns of a list, without those that it does not have."""
    found = (located(each, columns) for each in wanted)
    return [*dict.fromkeys(each for each in found if each is not None)]


def first_value(record: Record, places: Iterable[Path]) -> Any:  # noqa: ANN401 - any JSON value
    """Return the first value that is neither null nor empty text."""
    for place in places:
        value = value_at(record, place) if place.members else record.get(place.column)
        if value is not None and value != "":
            return value
    return None
