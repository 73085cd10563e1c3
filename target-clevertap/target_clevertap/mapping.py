"""From a stream's record to a CleverTap record, planned once for each schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_clevertap import values
from target_clevertap.checks import (
    CHARGED_ITEMS,
    RESTRICTED_EVENT,
    RecordRefusedError,
    check_properties,
    checked_event,
    checked_identity,
    faulty_names,
    is_reserved,
    name_fault,
)
from target_clevertap.errors import SettingError
from target_clevertap.rules import (
    Rule,
    check_columns,
    guess_rule,
    is_tap_events,
    is_tap_profiles,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Record = dict[str, Any]
    Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Mapped:
    """A record as CleverTap takes it."""

    user: str
    """The user key with its type before it: records of equal users keep their order."""

    body: Record

    counts_again: bool
    """Whether sending it twice counts twice: events, and profiles with `$incr` or `$decr`."""


class RuleMapping:
    """A stream's records by its rule.

    Plans are made for each column when it is first seen, for a record may bring columns that its
    schema does not name.
    """

    def __init__(self, rule: Rule, properties: Mapping[str, Any]) -> None:
        """Plan for a schema.

        Args:
            rule: With columns that were checked.
            properties: The columns' JSON schemas by name.
        """
        self._rule = rule
        self._schemas = properties
        self._plans: dict[str, list[tuple[str, Convert]]] = {}
        self._data_key = "evtData" if rule.is_event else "profileData"

    def __call__(self, record: Record) -> Mapped:
        """Return the record as CleverTap takes it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        rule = self._rule
        identity = checked_identity(record.get(rule.identity), rule.identity)
        body: Record = {"type": rule.type, rule.identity_type: identity}
        if rule.time is not None:
            body["ts"] = values.timestamp(record.get(rule.time), rule.time)
        properties = self._properties(record)
        if rule.is_event:
            body["evtName"] = self._event_name(record)
            check_items(body["evtName"], properties)
        check_properties(properties, of_profile=not rule.is_event)
        body[self._data_key] = properties
        counts_again = rule.is_event or values.changes_by_amount(properties)
        return Mapped(f"{rule.identity_type}\0{identity}", body, counts_again)

    def names(self, columns: Iterable[str]) -> set[str]:
        """Return the names of the properties that these columns become."""
        return {name for column in columns for name in self._names(column)}

    def _event_name(self, record: Record) -> str:
        if self._rule.event_field is None:
            return self._rule.event or ""
        return checked_event(record.get(self._rule.event_field), self._rule.event_field)

    def _properties(self, record: Record) -> Record:
        properties: Record = {}
        for column, value in record.items():
            if value is None:
                continue
            plan = self._plans.get(column)
            if plan is None:
                plan = self._plans[column] = self._plan(column)
            for name, convert in plan:
                if (converted := convert(value)) is not None:
                    properties[name] = converted
        return properties

    def _plan(self, column: str) -> list[tuple[str, Convert]]:
        return [(name, self._convert(column, name)) for name in self._names(column)]

    def _names(self, column: str) -> list[str]:
        rule = self._rule
        named = [name for name, source in rule.properties.items() if source == column]
        if named or rule.others == "drop" or column.startswith("_sdc_"):
            return named
        return [] if column in {rule.identity, rule.time, rule.event_field} else [column]

    def _convert(self, column: str, name: str) -> Convert:
        rule = self._rule
        if fault := name_fault(name, of_profile=not rule.is_event):
            return refusing("name_forbidden", fault)
        if operator := rule.operations.get(column) or rule.operations.get(name):
            return values.operated(column, operator)
        if rule.is_event and name == "Items":
            return values.items(column)
        certainty = values.date_format(self._schemas.get(column))
        convert = (
            values.dated(column, strict=certainty == "strict")
            if certainty
            else values.plain(column)
        )
        return convert if rule.is_event else values.operation_or(convert, column)


class TapEventMapping:
    """The `events` of tap-clevertap, as they are."""

    def __init__(self) -> None:
        """Make a mapping that has seen no property yet."""
        self._converts: dict[str, Convert] = {}

    def __call__(self, record: Record) -> Mapped:
        """Return the record as CleverTap takes it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        kind, identity = tap_user(record, record.get("object_id"))
        name = checked_event(record.get("event_name"), "event_name")
        properties = converted(record.get("event_props"), self._converts, _event_convert)
        check_items(name, properties)
        check_properties(properties, of_profile=False)
        ts = values.timestamp(record.get("event_time"), "event_time")
        body = {"type": "event", kind: identity, "ts": ts, "evtName": name, "evtData": properties}
        return Mapped(f"{kind}\0{identity}", body, counts_again=True)


class TapProfileMapping:
    """The `profiles` of tap-clevertap, as they are."""

    def __init__(self) -> None:
        """Make a mapping that has seen no property yet."""
        self._converts: dict[str, Convert] = {}

    def __call__(self, record: Record) -> Mapped:
        """Return the record as CleverTap takes it.

        Raises:
            RecordRefusedError: When CleverTap would not take it.
        """
        object_ids = [found for found in record.get("object_ids") or () if isinstance(found, str)]
        kind, identity = tap_user(record, min(object_ids, default=None))
        properties = converted(record.get("profile_data"), self._converts, _profile_convert)
        for column in ("name", "email", "phone"):
            if record.get(column) not in (None, ""):
                properties[column.capitalize()] = record[column]
        check_properties(properties, of_profile=True)
        body = {"type": "profile", kind: identity, "profileData": properties}
        return Mapped(f"{kind}\0{identity}", body, values.changes_by_amount(properties))


def tap_user(record: Record, object_id: Any) -> tuple[str, str]:  # noqa: ANN401 - any JSON value
    """Return the key of a tap-clevertap record's user and its type.

    Raises:
        RecordRefusedError: `identity_missing` or `identity_invalid`.
    """
    if record.get("identity") not in (None, ""):
        return "identity", checked_identity(record["identity"], "identity")
    return "objectId", checked_identity(object_id, "object_id")


def converted(
    properties: Any,  # noqa: ANN401 - any JSON value may stand there
    converts: dict[str, Convert],
    plan: Callable[[str], Convert],
) -> Record:
    """Return the properties in an object column of tap-clevertap, ready to send.

    Args:
        properties: The object, or null.
        converts: The plans made so far, by name; added to.
        plan: How to make one for a name.

    Raises:
        RecordRefusedError: When CleverTap would not take one of them.
    """
    result: Record = {}
    for name, value in (properties if isinstance(properties, dict) else {}).items():
        if value is None:
            continue
        convert = converts.get(name)
        if convert is None:
            convert = converts[name] = plan(name)
        result[name] = convert(value)
    return result


def _event_convert(name: str) -> Convert:
    if fault := name_fault(name, of_profile=False):
        return refusing("name_forbidden", fault)
    return values.items(name) if name == "Items" else values.plain(name)


def _profile_convert(name: str) -> Convert:
    if fault := name_fault(name, of_profile=True):
        return refusing("name_forbidden", fault)
    single, several = values.plain(name), values.operated(name, "$set")
    # an export gives a multi-value property as a list; sent back as text it would lose its values
    return lambda value: several(value) if isinstance(value, list) else single(value)


def refusing(code: str, reason: str) -> Convert:
    """Return a conversion that refuses every value but null."""

    def convert(_: Any) -> Any:  # noqa: ANN401 - the signature of all conversions
        raise RecordRefusedError(code, reason)

    return convert


def check_items(event_name: str, properties: Record) -> None:
    """Keep `Items` a list only where CleverTap takes one: in a Charged event.

    Raises:
        RecordRefusedError: For more than it takes.
    """
    entries = properties.get("Items")
    if not isinstance(entries, list):
        return
    if event_name.strip().casefold() != "charged":
        properties["Items"] = values.encode(entries).decode()
    elif len(entries) > CHARGED_ITEMS:
        code, reason = "too_many_items", f"{len(entries)} Items; CleverTap takes {CHARGED_ITEMS}"
        raise RecordRefusedError(code, reason)


def plan_mapping(
    stream: str, rule: Rule | None, schema: Mapping[str, Any], keys: Iterable[str]
) -> Callable[[Record], Mapped]:
    """Return how the records of a stream are mapped.

    Args:
        stream: Its name, for messages.
        rule: Its rule, or None for a stream of tap-clevertap's own shape.
        schema: Its JSON schema.
        keys: Its primary key.

    Raises:
        SettingError: When the rule cannot work with this schema, or there is none.
    """
    properties = schema["properties"]
    if rule is not None:
        return _checked(stream, RuleMapping(rule, properties), rule, properties)
    if is_tap_events(properties):
        return TapEventMapping()
    if is_tap_profiles(properties):
        return TapProfileMapping()
    message = (
        f"stream {stream} has no rule; nothing of it was sent. Add one to the setting `streams`, "
        f"for example:\n{guess_rule(stream, properties, keys)}"
    )
    raise SettingError(message)


def _checked(
    stream: str, mapping: RuleMapping, rule: Rule, properties: Mapping[str, Any]
) -> RuleMapping:
    check_columns(stream, rule, properties)
    if rule.event is not None and is_reserved(rule.event):
        message = f"streams.{stream}.event: CleverTap alone may raise `{rule.event}`"
        message += f" (its code {RESTRICTED_EVENT}); choose another name"
        raise SettingError(message)
    faults = faulty_names(mapping.names(properties), of_profile=not rule.is_event)
    for name, fault in sorted(faults.items()):
        message = (
            f"stream {stream}: `{name}` cannot be the name of a property: {fault}. "
            f"Name it otherwise under streams.{stream}.properties, or leave it out (others: drop)"
        )
        raise SettingError(message)
    return mapping
