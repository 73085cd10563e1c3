"""The mapping for a stream's records, or the reasons why the stream cannot be delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import shown
from target_clevertap.errors import SettingError
from target_clevertap.records.entry_builder import mapping_of
from target_clevertap.records.mapping import RuleMapping
from target_clevertap.records.shaped_mapping import KindMapping, ShapedMapping
from target_clevertap.records.tap_columns import lost_columns
from target_clevertap.rules.checks import columns_missing, rule_faults, shaped_faults
from target_clevertap.rules.faults import Fault, all_in_one_line, rule_path
from target_clevertap.rules.suggest.missing_rule import no_rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from target_clevertap.records.mapping import RecordMapping
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.branch_schema import BranchSchema
    from target_clevertap.singer.columns import Columns


UNCONFIRMED = (
    "it deletes users in CleverTap for good, and nobody has confirmed that, so nothing of the "
    "stream was sent; look at what a dry run would delete, then set `confirm_deletes: true`"
)
WITHOUT_LEDGER = (
    "it deletes users, and without a ledger a row that is sent again would delete a user who came "
    "back; set ledger_path, or allow it here (repeat: allow)"
)


def build_mapping(  # noqa: PLR0913 - the parts of a SCHEMA message, and the rule for it
    stream: str,
    rule: Rule | None,
    columns: Columns,
    keys: Iterable[str],
    faults: Iterable[Fault] = (),
    *,
    bookmarks: object = None,
    has_ledger: bool = True,
    alike: Sequence[str] = (),
) -> RecordMapping:
    """Return how the records of a stream are mapped.

    Args:
        stream: Its name, for messages.
        rule: Its rule, or None for a stream of tap-clevertap's own shape.
        columns: The columns by its SCHEMA.
        keys: Its primary key.
        faults: Other faults of the rule, for the same message.
        bookmarks: The `bookmark_properties` of the SCHEMA message.
        has_ledger: Whether there is a ledger.
        alike: Names of rules that differ from the stream's name only in case or spaces.

    Raises:
        SettingError: When there is no rule, or it does not fit the columns; with all faults.
    """
    mapping = mapping_of(rule, columns, has_bookmark=bool(bookmarks))
    found = [*faults]
    if rule is not None and isinstance(mapping, RuleMapping):
        found = [*rule_faults(rule, mapping, columns), *found]
    elif isinstance(mapping, (KindMapping, ShapedMapping)):
        found = [*shaped_faults(mapping), *found]
    elif rule is not None:
        found = [*columns_missing(rule, columns), *found]
    if mapping is None:
        fault = _without_columns(stream, columns) or _misnamed(stream, alike)
        fault = fault or no_rule(stream, columns, keys, bookmarks, has_ledger=has_ledger)
        raise SettingError(fault)
    if found:
        raise SettingError(
            all_in_one_line(rule_path(stream) if rule else f"stream {shown(stream)}", found)
        )
    return mapping


def _misnamed(stream: str, alike: Sequence[str]) -> str | None:
    if not alike:
        return None
    return (
        f"stream {shown(stream)}: it has no rule and nothing of it was sent; rename the rule of "
        f"{shown(alike[0])}, for its name has to be exactly that of the stream"
    )


def _without_columns(stream: str, columns: Columns) -> str | None:
    if (lost := lost_columns(columns.listed)) is not None:
        own, missing = lost
        return (
            f"stream {shown(stream)}: it has the columns of tap-clevertap's {shown(own)} but not "
            f"{' and '.join(map(shown, missing))}, so it needs a rule; if flattening or a stream "
            "map removed them, turn off flattening_enabled in the tap and the target, keep them in "
            f"the stream map, or add a rule under {rule_path(stream)}"
        )
    return None


def deletion_faults(schema: BranchSchema, *, is_confirmed: bool) -> Iterator[Fault]:
    """Yield the reason why a stream may not delete users.

    Args:
        schema: Of the branch.
        is_confirmed: Whether the settings allow it.
    """
    if schema.rule is not None and schema.rule.deletes and not is_confirmed:
        yield Fault(UNCONFIRMED, "type" if schema.rule.type == "delete" else "on_deleted")


def repeat_faults(schema: BranchSchema, *, has_ledger: bool) -> Iterator[Fault]:
    """Yield the reasons why records that count again could be sent twice.

    Args:
        schema: Of the branch.
        has_ledger: Whether there is a ledger.
    """
    if schema.rule is not None and schema.rule.changes_only and not has_ledger:
        text = (
            "only a ledger knows what was delivered last, and there is none; set ledger_path, or "
            "remove it"
        )
        yield Fault(text, "changes_only")
    rule = schema.rule
    repeats = rule is not None and rule.repeat == "allow"
    if rule is not None and rule.deletes and not has_ledger and not repeats:
        yield Fault(WITHOUT_LEDGER, "repeat")
    if not schema.counts_again:
        return
    if has_ledger:
        yield from _key_faults(schema)
        return
    is_event = rule is None or rule.is_event
    if is_event and not schema.message.bookmark_properties and not repeats:
        text = (
            "the stream has no bookmark and there is no ledger, so every run would send all "
            "its events again; set ledger_path, or allow it here (repeat: allow)"
        )
        yield Fault(text, "repeat")


def _key_faults(schema: BranchSchema) -> Iterator[Fault]:
    if not schema.keys:
        text = (
            "the stream has no primary key, and the ledger needs one; name the columns that "
            "identify a record, or turn the ledger off (ledger_path: '')"
        )
        yield Fault(text, "ledger_key")
    if schema.rule is not None and schema.rule.ledger_key:
        return
    for key in schema.keys:
        if not schema.columns.allows(key):
            text = (
                f"{shown(key)} is in the stream's key, but its SCHEMA does not allow it; name "
                "other columns that identify a record"
            )
            yield Fault(text, "ledger_key")
