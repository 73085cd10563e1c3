"""Checks a rule against the columns of its stream, and finds all faults at once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import shown, visible
from target_clevertap.records.limits import RESTRICTED_EVENT, is_reserved, name_fault
from target_clevertap.records.mapping import ARE_ONE, sent_as
from target_clevertap.records.names import Spellings, is_user_key
from target_clevertap.records.property_plans import JOINS_USERS
from target_clevertap.records.shaped_mapping import ShapedMapping
from target_clevertap.rules.faults import LONGEST_PATH, Fault
from target_clevertap.rules.similar_names import similar_name, similar_or_listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_clevertap.records.mapping import RuleMapping
    from target_clevertap.records.shaped_mapping import KindMapping
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns

RENAME_OR_DROP = "rename it under `properties`, or leave it out (others: drop)"


def rule_faults(rule: Rule, mapping: RuleMapping, columns: Columns) -> list[Fault]:
    """Return the faults of a rule for a stream with these columns.

    Args:
        rule: As it was read.
        mapping: By this rule, for these columns.
        columns: By the SCHEMA of the stream.
    """
    sent = [*sent_names(rule, mapping, columns)]
    leaves_limits = rule.invalid == "send"
    return [
        *columns_missing(rule, columns),
        *_operations_without_column(rule, columns),
        *(() if leaves_limits else _event_reserved(rule)),
        *(() if leaves_limits else _names_forbidden(rule, sent)),
        *_names_that_clash(sent),
        *_keys_of_users(rule, sent),
    ]


def shaped_faults(mapping: ShapedMapping | KindMapping) -> list[Fault]:
    """Return the faults of a rule that was fitted to its stream.

    Args:
        mapping: By the rule, for the columns of the stream.
    """
    if isinstance(mapping, ShapedMapping):
        return _faults_of_kind(mapping)
    found = (fault for each in mapping.kinds.values() for fault in _faults_of_kind(each))
    return [*dict.fromkeys(found)]


def _faults_of_kind(mapping: ShapedMapping) -> list[Fault]:
    rule = mapping.rule
    faults = [*_event_reserved(rule)]
    for sent in mapping.sent():
        clashes = _names_that_clash(sent.places)
        faults += [*_names_forbidden(sent.rule, sent.places), *clashes]
        faults += _keys_of_users(sent.rule, sent.places)
    return [*dict.fromkeys(faults)]


def sent_names(rule: Rule, mapping: RuleMapping, columns: Columns) -> Iterator[tuple[str, str]]:
    """Yield the known columns that are sent, each with the name of its property."""
    for column in columns.listed:
        for name in mapping.names(column):
            yield column, name
    for name, column in rule.properties.items():
        is_trusted = columns.is_partial or _is_described(columns, column)
        if column not in columns.listed and is_trusted:
            yield column, name


def columns_missing(rule: Rule, columns: Columns) -> Iterator[Fault]:
    """Yield the columns that a rule names and a stream does not have.

    Args:
        rule: As it was read.
        columns: By the SCHEMA of the stream.
    """
    for key, column in _columns_named(rule):
        if _is_described(columns, column):
            continue
        if not columns.allows(column):
            similar = similar_name(column, columns.listed)
            advice = f"did you mean {similar}?" if similar else "or name another column"
            text = (
                f"the SCHEMA does not allow column {shown(column)}, so the tap does not send it; "
                f"select it in the tap, {advice}"
            )
            yield Fault(text, key)
        elif not columns.is_partial:
            advice = similar_or_listed(column, columns.listed)
            yield Fault(f"the stream has no column {shown(column)}; {advice}", key)


def _is_described(columns: Columns, column: str) -> bool:
    """Whether the SCHEMA describes a column, by its name or by a pattern."""
    return column in columns.listed or any(
        schema is not False and re.search(pattern, column)
        for pattern, schema in columns.patterns.items()
    )


def _columns_named(rule: Rule) -> Iterator[tuple[str, str]]:
    for key, column in (
        ("identity", rule.identity),
        ("time", rule.time),
        ("event_field", rule.event_field),
        ("only_if", rule.only_if),
        *(
            (f"properties.{visible(name[:LONGEST_PATH])}", each)
            for name, each in rule.properties.items()
        ),
        ("token", rule.token),
        ("token_type_field", rule.token_type_field),
        *((f"token_keys.{name}", each) for name, each in rule.token_keys.items()),
        ("status_field", rule.status_field),
        *(("ledger_key", each) for each in rule.ledger_key),
    ):
        if column is not None:
            yield key, column


def _operations_without_column(rule: Rule, columns: Columns) -> Iterator[Fault]:
    known = [*columns.listed, *rule.properties]
    for name in rule.operations:
        if name in known or _is_described(columns, name):
            continue
        if columns.is_partial and columns.allows(name):
            continue
        advice = similar_or_listed(name, known)
        yield Fault(f"{shown(name)} is neither a column nor a property; {advice}", "operations")


def _event_reserved(rule: Rule) -> Iterator[Fault]:
    shape = rule.shape
    for event in () if shape is None else shape.events.values():
        if is_reserved(event):
            text = f"only CleverTap may raise {shown(event)} (its code {RESTRICTED_EVENT}); "
            yield Fault(f"{text}choose another name", "events")
    if rule.event is not None and is_reserved(rule.event):
        text = (
            f"only CleverTap may raise {shown(rule.event)} (its code {RESTRICTED_EVENT}); choose "
            "another name"
        )
        yield Fault(text, "event")


def _names_forbidden(rule: Rule, sent: Iterable[tuple[str, str]]) -> Iterator[Fault]:
    for column, name in sent:
        fault = name_fault(name, of_profile=not rule.is_event)
        if fault and name in rule.properties:
            text = f"{shown(name)} cannot be the name of a property: {fault}; choose another name"
            yield Fault(text, "properties")
        elif fault:
            text = f"column {shown(column)} cannot be the name of a property: {fault}; "
            yield Fault(text + RENAME_OR_DROP)


def _names_that_clash(sent: Iterable[tuple[str, str]]) -> Iterator[Fault]:
    spellings = Spellings()
    for column, name in sent:
        spellings.add(column, name)
    for (column, name), (other_column, other_name) in spellings.pairs:
        both = f"{sent_as(column, name)} and {sent_as(other_column, other_name)}"
        text = (
            f"{both} {ARE_ONE}; rename one of them under `properties`, or leave out all columns "
            "that are not named there (others: drop)"
        )
        yield Fault(text)


def _keys_of_users(rule: Rule, sent: Iterable[tuple[str, str]]) -> Iterator[Fault]:
    for column, name in sent:
        if not rule.is_event and is_user_key(name) and name not in rule.properties:
            text = (
                f"column {shown(column)} {JOINS_USERS}; to join users, name it under "
                "`properties`; otherwise rename it there, or leave it out (others: drop)"
            )
            yield Fault(text)
