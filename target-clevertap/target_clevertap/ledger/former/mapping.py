"""From a stream's record to a CleverTap record, as commit 2f47414 made it; frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_clevertap.ledger.former import values
from target_clevertap.ledger.former.values import NoFormerNameError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_clevertap.rules.rule import Rule

    Record = dict[str, Any]
    Convert = Callable[[Any], Any]

TAP_EVENT_COLUMNS = {
    "event_key",
    "event_name",
    "event_time",
    "object_id",
    "identity",
    "event_props",
}
TAP_PROFILE_COLUMNS = {"profile_key", "identity", "object_ids", "profile_data", "seen_through"}


def former_mapping(
    rule: Rule | None, properties: Mapping[str, Any]
) -> Callable[[Record], Record] | None:
    """Return how a stream's records were mapped, or None where they were not.

    Args:
        rule: As it is configured.
        properties: The columns' JSON schemas by name, as the SCHEMA holds them.
    """
    if rule is not None:
        return FormerRuleMapping(rule, properties)
    if TAP_EVENT_COLUMNS.issubset(properties):
        return FormerTapEventMapping()
    return FormerTapProfileMapping() if TAP_PROFILE_COLUMNS.issubset(properties) else None


class FormerRuleMapping:
    """A stream's records by its rule."""

    def __init__(self, rule: Rule, properties: Mapping[str, Any]) -> None:
        """Plan for a schema."""
        self._rule = rule
        self._schemas = properties
        self._plans: dict[str, list[tuple[str, Convert]]] = {}
        self._data_key = "evtData" if rule.is_event else "profileData"

    def __call__(self, record: Record) -> Record:
        """Return what was sent of a record.

        Raises:
            NoFormerNameError: When it was refused.
        """
        rule = self._rule
        body: Record = {"type": rule.type, rule.identity_type: _identity(record.get(rule.identity))}
        if rule.time is not None:
            body["ts"] = values.timestamp(record.get(rule.time))
        properties = self._properties(record)
        if rule.is_event:
            body["evtName"] = self._event_name(record)
            _check_items(body["evtName"], properties)
        body[self._data_key] = properties
        return body

    def _event_name(self, record: Record) -> str:
        if self._rule.event_field is None:
            return self._rule.event or ""
        return _event_name(record.get(self._rule.event_field))

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
        if column.startswith("_sdc_"):
            return []
        named = [name for name, source in rule.properties.items() if source == column]
        if named or rule.others == "drop":
            return named
        if column in rule.properties:  # that name is another column's
            return []
        return [] if column in {rule.identity, rule.time, rule.event_field} else [column]

    def _convert(self, column: str, name: str) -> Convert:
        rule = self._rule
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


class FormerTapEventMapping:
    """The `events` of tap-clevertap."""

    def __init__(self) -> None:
        """Make a mapping that has seen no property yet."""
        self._converts: dict[str, Convert] = {}

    def __call__(self, record: Record) -> Record:
        """Return what was sent of a record.

        Raises:
            NoFormerNameError: When it was refused.
        """
        kind, identity = _tap_user(record, record.get("object_id"))
        name = _event_name(record.get("event_name"))
        properties = _converted(record.get("event_props"), self._converts, _event_convert)
        _check_items(name, properties)
        ts = values.timestamp(record.get("event_time"))
        return {"type": "event", kind: identity, "ts": ts, "evtName": name, "evtData": properties}


class FormerTapProfileMapping:
    """The `profiles` of tap-clevertap."""

    def __init__(self) -> None:
        """Make a mapping that has seen no property yet."""
        self._converts: dict[str, Convert] = {}

    def __call__(self, record: Record) -> Record:
        """Return what was sent of a record.

        Raises:
            NoFormerNameError: When it was refused.
        """
        listed = record.get("object_ids")
        listed = listed if isinstance(listed, list) else []
        object_ids = [found for found in listed if isinstance(found, str)]
        kind, identity = _tap_user(record, min(object_ids, default=None))
        properties = _converted(record.get("profile_data"), self._converts, _profile_convert)
        for column in ("name", "email", "phone"):
            if record.get(column) not in (None, ""):
                properties[column.capitalize()] = values.plain(column)(record[column])
        if str(properties.get("Phone", "")).isdecimal():
            properties["Phone"] = f"+{properties['Phone']}"
        return {"type": "profile", kind: identity, "profileData": properties}


def _tap_user(record: Record, object_id: Any) -> tuple[str, str]:  # noqa: ANN401 - any JSON value
    if record.get("identity") not in (None, ""):
        return "identity", _identity(record["identity"])
    return "objectId", _identity(object_id)


def _identity(value: Any) -> str:  # noqa: ANN401 - any JSON value may stand there
    if value is None or isinstance(value, (bool, dict, list)):
        raise NoFormerNameError
    return str(value)


def _event_name(name: Any) -> str:  # noqa: ANN401 - any JSON value may stand there
    if not isinstance(name, str):
        raise NoFormerNameError
    return name


def _converted(
    properties: Any,  # noqa: ANN401 - any JSON value may stand there
    converts: dict[str, Convert],
    plan: Callable[[str], Convert],
) -> Record:
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
    return values.items(name) if name == "Items" else values.plain(name)


def _profile_convert(name: str) -> Convert:
    single, several = values.plain(name), values.operated(name, "$set")
    return lambda value: several(value) if isinstance(value, list) else single(value)


def _check_items(event_name: str, properties: Record) -> None:
    entries = properties.get("Items")
    if isinstance(entries, list) and event_name.strip().casefold() != "charged":
        properties["Items"] = values.encode(entries).decode()
