"""Warns when a stream changes so that the ledger does not recognise its records.

The ledger knows a record by a name, made of the stream, its key and its content. A change of the
rule, the key or the columns changes the names, and then delivered rows count as new ones.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, Field, fields
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import msgspec

from target_clevertap._plugin.shown import shown, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from target_clevertap.ledger.stream_names import Note, StreamNotes
    from target_clevertap.records.entry_builder import RecordSpec
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.streams import Branch, Stream

MOST_NAMED = 5
NOT_IN_NAMES = frozenset(("repeat", "equal_rows", "ledger_key", "changes_only"))
"""Keys of a rule that do not change the ledger's names for records."""

FIRST_KEYS = frozenset(
    (
        *("type", "identity", "event", "event_field", "identity_type", "time", "properties"),
        *("others", "operations"),
    )
)
"""The keys of a rule that the first ledgers described, with their defaults. A later key is part of
the description only where it is set: a new release changes no stream."""

TYPE_WORDS = ("type", "format", "anyOf", "oneOf", "allOf", "$ref", "multipleOf")


def numbered(branches: Iterable[Branch]) -> list[tuple[str, str | None]]:
    """Return the streams, with their aliases, of which each equal row is sent."""
    return [
        (each.origin.stream, each.origin.alias)
        for each in branches
        if each.builder.spec.naming is not None and each.builder.spec.naming.is_numbered
    ]


class StreamChanges:
    """Compares streams with how they were in earlier runs."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        """Compare streams from now on.

        Args:
            rules: By the name of the stream after stream maps.
        """
        self._rules = rules
        self._warned: set[str] = set()

    def warnings(self, stream: Stream, notes: StreamNotes) -> Iterator[str]:
        """Yield the changes of a stream, and store how it is now.

        Args:
            stream: Under the new SCHEMA.
            notes: The ledger's notes on streams; they get the new description.
        """
        for branch in stream.branches:
            spec, origin = branch.builder.spec, branch.origin
            name = origin.alias or origin.stream
            if spec.naming is None or not _has_names(spec):
                continue
            if _needs_equal_rows(spec) and name not in self._warned:
                self._warned.add(name)
                yield equal_rows_warning(name)
            described = _description(spec)
            known = notes.known.get((origin.stream, origin.alias or ""))
            notes.plan(origin.stream, origin.alias, json.dumps(described))
            if known is not None and known.plan is not None:
                if changes := [*_changes(json.loads(known.plan), described)]:
                    yield _changed_warning(name, changes, known)
            elif former := self._former_name(notes, described, known):
                yield _renamed_warning(name, *former)

    def _former_name(
        self, notes: StreamNotes, described: Mapping[str, Any], known: Note | None
    ) -> tuple[str, Note] | None:
        """Return a known stream that is alike and no longer has a rule."""
        if known is not None or described["by key"]:
            return None
        for (stream, alias), note in notes.known.items():
            name = alias or stream
            if note.plan and name not in self._rules and json.loads(note.plan) == described:
                return name, note
        return None


def _has_names(spec: RecordSpec) -> bool:
    rule = spec.rule
    if rule is None:
        return spec.naming is not None and spec.naming.is_by_key
    is_remembered = rule.type in {"subscription", "disassociate"} and spec.naming is not None
    return rule.counts_again or (is_remembered and bool(spec.naming and spec.naming.bookmarks))


def _needs_equal_rows(spec: RecordSpec) -> bool:
    rule, naming = spec.rule, spec.naming
    if rule is None or naming is None or naming.is_by_key or naming.bookmarks:
        return False
    return rule.equal_rows is None and not (rule.is_event and rule.time is not None)


def may_need_equal_rows(spec: RecordSpec) -> bool:
    """Whether the stream needs `equal_rows` as soon as a record holds `$incr` or `$decr`.

    These operators may be in the values of a profile, where no SCHEMA shows them.
    """
    return not _has_names(spec) and _needs_equal_rows(spec)


def equal_rows_warning(name: str) -> str:
    """Return a warning that asks for `equal_rows`.

    Args:
        name: Of the stream, after stream maps.
    """
    return (
        f"stream {shown(name)}: it has neither a bookmark of its rows nor a time of its events, so "
        "an equal row may be new or sent again; equal rows are not sent. Set "
        f"streams.{visible(name)}.equal_rows to `resent` to keep that, or to `new` to send them all"
    )


def _description(spec: RecordSpec) -> dict[str, Any]:
    """Return all that the names of records depend on, in the words of users."""
    rule, naming = spec.rule, spec.naming
    keys = {key: _type_of(spec.columns.listed.get(key)) for key in spec.keys}
    if naming is not None and naming.is_by_key:
        return {"by key": True, "keys": keys}
    sent = {
        column: _type_of(schema)
        for column, schema in spec.columns.listed.items()
        if rule is None or _is_sent(rule, column)
    }
    needs_bookmark = rule is not None and not (rule.is_event and rule.time is not None)
    return {
        "by key": False,
        "keys": keys,
        "columns": sent,
        "rule": _digest(rule),
        "bookmark": [*naming.bookmarks] if naming and needs_bookmark else [],
    }


def _is_sent(rule: Rule, column: str) -> bool:
    if column in rule.columns:
        return True
    return rule.others == "keep" and not column.startswith("_sdc_")


def _type_of(schema: Any) -> str:  # noqa: ANN401 - a column's schema as the tap sent it
    """Return a column's type in a few words, the same with and without null."""
    if not isinstance(schema, dict):
        return "any"
    words = {word: schema[word] for word in TYPE_WORDS if word in schema}
    kinds = words.pop("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    named = sorted(str(kind) for kind in kinds if kind != "null")
    # numbers in a SCHEMA are Decimals, which JSON cannot encode
    others = (json.dumps(words[word], default=str, sort_keys=True) for word in sorted(words))
    return " ".join([*named, *others]) or "any"


def _digest(rule: Rule | None) -> str:
    keys = msgspec.to_builtins(rule) if rule is not None else {}
    unset = {each.name: _default(each) for each in fields(rule)} if rule is not None else {}
    naming = {
        key: value
        for key, value in keys.items()
        if key in FIRST_KEYS or (key not in NOT_IN_NAMES and value != unset[key])
    }
    return blake2b(msgspec.json.encode(naming, order="sorted"), digest_size=8).hexdigest()


def _default(key: Field[Any]) -> Any:  # noqa: ANN401 - a key of a rule has any value
    """Return the default of a rule's key, as `msgspec.to_builtins` gives it."""
    if key.default_factory is not MISSING:
        return msgspec.to_builtins(key.default_factory())
    return msgspec.to_builtins(key.default) if key.default is not MISSING else None


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    if before["by key"] != now["by key"] or [*before["keys"]] != [*now["keys"]]:
        yield f"its key (was {_listed(before['keys'])}, is {_listed(now['keys'])})"
        return
    for key, kind in now["keys"].items():
        if before["keys"][key] != kind:
            yield f"the type of key column {shown(key)} (was {before['keys'][key]}, is {kind})"
    if now["by key"]:
        return
    if before["rule"] != now["rule"]:
        yield "its rule"
    if before["bookmark"] != now["bookmark"]:
        yield f"its bookmark (was {_listed(before['bookmark'])}, is {_listed(now['bookmark'])})"
    yield from _column_changes(before["columns"], now["columns"])


def _column_changes(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    if added := [column for column in now if column not in before]:
        yield f"new: {_listed(added)}"
    if gone := [column for column in before if column not in now]:
        yield f"gone: {_listed(gone)}"
    if other := [column for column in now if before.get(column, now[column]) != now[column]]:
        yield f"of another type: {_listed(other)}"


def _listed(names: Iterable[str]) -> str:
    every = [*names]
    more = f" and {len(every) - MOST_NAMED} more" if len(every) > MOST_NAMED else ""
    return (", ".join(shown(name) for name in every[:MOST_NAMED]) or "none") + more


def _changed_warning(name: str, changes: Iterable[str], note: Note) -> str:
    return (
        f"stream {shown(name)} changed since its last delivery: {'; '.join(changes)}. The ledger "
        f"has {note.delivered} deliveries of it; delivered rows that come again are sent as new "
        "rows if the change affects their content"
    )


def _renamed_warning(name: str, former: str, note: Note) -> str:
    return (
        f"stream {shown(name)} is new to the ledger and looks like {shown(former)}, which no "
        "longer has a rule. The ledger has "
        f"{note.delivered} deliveries of {shown(former)}; if it was renamed, delivered rows that "
        "come again are sent as new rows"
    )
