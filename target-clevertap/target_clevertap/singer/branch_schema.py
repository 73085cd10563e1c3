"""The schema of a branch: a SCHEMA message after one stream map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from singer_sdk.mapper import SameRecordTransform

from target_clevertap.records.tap_columns import is_tap_events
from target_clevertap.rules.fitting import fitted
from target_clevertap.singer.columns import read_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk.mapper import StreamMap

    from target_clevertap.rules.faults import Fault
    from target_clevertap.rules.rule import Rule
    from target_clevertap.singer.columns import Columns
    from target_clevertap.singer.lines import Line


@dataclass(frozen=True, slots=True)
class BranchSchema:
    """A SCHEMA message after one stream map, with the rule for it."""

    message: Line
    """The SCHEMA message, as it came."""

    name: str
    """The name of the stream after the stream map."""

    rule: Rule | None
    """The rule of this name, fitted to the columns."""

    columns: Columns
    """The columns after the stream map."""

    primary_key: list[str]
    """The `key_properties` after the stream map."""

    properties: dict[str, Any]
    """The `properties` of the schema after the stream map, not resolved."""

    is_plain: bool
    """Whether the stream map changes nothing."""

    faults: Sequence[Fault] = ()
    """What the rule misses in the stream."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that identify a record in the ledger."""
        return tuple((self.rule.ledger_key if self.rule else ()) or self.primary_key)

    @property
    def counts_again(self) -> bool:
        """Whether a record counts twice when it is sent twice."""
        return self.rule.counts_again if self.rule else is_tap_events(self.columns.listed)


def branch_schema(
    message: Line, stream_map: StreamMap, columns: Columns, rule: Rule | None
) -> BranchSchema:
    """Return the schema of a branch.

    Args:
        message: The SCHEMA message.
        stream_map: One of the SDK's for the stream.
        columns: The columns by the SCHEMA message.
        rule: The rule for the name that the stream map gives the stream.
    """
    schema = message.schema
    primary_key = _key_after(stream_map, message.key_properties or [], columns)
    is_plain = isinstance(stream_map, SameRecordTransform) and not stream_map.flattening_enabled
    if not is_plain:
        schema = stream_map.transformed_schema
        columns = _columns_after(stream_map, columns)
    properties = schema.get("properties", {}) if isinstance(schema, dict) else {}
    name = stream_map.stream_alias
    faults: list[Fault] = []
    if rule is not None:
        rule, faults = fitted(rule, name, columns, primary_key)
    return BranchSchema(*(message, name, rule, columns, primary_key, properties, is_plain, faults))


def _key_after(stream_map: StreamMap, given: list[str], columns: Columns) -> list[str]:
    """Return the primary key after a stream map, with columns that the SCHEMA forbids."""
    key = [*(stream_map.transformed_key_properties or ())]
    return given if key == [column for column in given if columns.allows(column)] else key


def _columns_after(stream_map: StreamMap, before: Columns) -> Columns:
    """Return the columns after a stream map and flattening.

    Flattening turns the schemas of objects and lists into those of text. The schemas from before
    are kept, for they describe the values better.
    """
    after = read_columns(stream_map.transformed_schema)
    after = msgspec.structs.replace(after, faults=before.faults)
    if not isinstance(stream_map, SameRecordTransform):
        return after
    same = {name: before.listed.get(name, schema) for name, schema in after.listed.items()}
    return msgspec.structs.replace(after, listed=same)
