"""Names with dots in the settings: Meltano turns them into nested objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from target_clevertap._plugin.shown import shown
from target_clevertap.errors import SettingError

Rules = dict[str, Any]


def join_dotted_names(streams: Mapping[str, Any], objects: frozenset[str]) -> Rules:
    """Return the rules by the full names of their streams.

    Meltano reads `shop.orders: {type: event}` as `shop: {orders: {type: event}}`. A rule has a
    `type`, a `preset` or a `kind_field`; an object of `objects` next to it belongs to that rule.

    Args:
        streams: As configured, by hand or by Meltano.
        objects: The keys of a rule that hold objects.

    Raises:
        SettingError: When two rules have the same name.
    """
    rules: Rules = {}
    for name, rule in _found(streams, (), objects):
        if name in rules:
            message = f"streams: {shown(name)} has two rules; remove one of them"
            raise SettingError(message)
        rules[name] = rule
    return rules


def _found(
    level: Mapping[str, Any], path: tuple[str, ...], objects: frozenset[str]
) -> Iterator[tuple[str, Any]]:
    for name, value in level.items():
        whole = (*path, name)
        if not isinstance(value, Mapping):
            yield ".".join(whole), value
            continue
        inner = {key: each for key, each in value.items() if _is_nested(key, value, objects)}
        rule = {key: each for key, each in value.items() if key not in inner}
        if rule or not inner:
            yield ".".join(whole), _join_dotted_keys(rule, objects)
        yield from _found(inner, whole, objects)


def _is_nested(key: str, level: Mapping[str, Any], objects: frozenset[str]) -> bool:
    """Whether the value of a key is a rule with a longer name, or holds one."""
    return not (key in objects and _is_rule(level)) and _holds_rule(level[key])


def _is_rule(level: Mapping[str, Any]) -> bool:
    return any(isinstance(level.get(key), str) for key in ("type", "preset", "kind_field"))


def _holds_rule(value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    return _is_rule(value) or any(map(_holds_rule, value.values()))


def _join_dotted_keys(rule: Mapping[str, Any], objects: frozenset[str]) -> Rules:
    return {
        key: _joined(key, value, objects)
        if key in objects and isinstance(value, Mapping)
        else value
        for key, value in rule.items()
    }


def _joined(key: str, value: Mapping[str, Any], objects: frozenset[str]) -> Rules:
    if key == "kinds":
        return {
            name: _join_dotted_keys(each, objects) if isinstance(each, Mapping) else each
            for name, each in value.items()
        }
    if key != "properties_of":
        return dict(_leaves(value, ()))
    events: Rules = {}
    for path, column in _paths(value, ()):  # a property's name has no dot, an event's may have some
        events.setdefault(".".join(path[:-1]), {})[path[-1]] = column
    return events


def _leaves(level: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    for names, value in _paths(level, path):
        yield ".".join(names), value


def _paths(
    level: Mapping[str, Any], path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in level.items():
        if isinstance(value, Mapping) and value:
            yield from _paths(value, (*path, name))
        else:
            yield (*path, name), value


def check_stream_map_names(stream_maps: object) -> None:
    """Check that the setting `stream_maps` has no nested names.

    Raises:
        SettingError: For a nested name; it shows how to write the name.
    """
    for stream, columns in stream_maps.items() if isinstance(stream_maps, Mapping) else ():
        for column, value in columns.items() if isinstance(columns, Mapping) else ():
            if isinstance(value, Mapping):
                dotted = f"{stream}.{column}"
                message = (
                    f"stream_maps.{shown(stream)}: {shown(column)} holds an object; if the name is "
                    f"{shown(dotted)}, Meltano nests it by its dot: write "
                    f"{shown(dotted.replace('.', '?'))} for a stream, and a backslash before the "
                    "dot for a column"
                )
                raise SettingError(message)
