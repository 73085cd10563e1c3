"""The columns of a stream, read from any form of JSON Schema."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from target_clevertap.records.kinds import Schema, types_of
from target_clevertap.singer.references import References

if TYPE_CHECKING:
    from collections.abc import Iterable

PARTIAL = "x-clevertap-partial"
"""Marks a schema that does not list all columns; stream maps and flattening keep the mark."""


class Columns(msgspec.Struct, frozen=True):
    """The columns of a stream, with resolved schemas.

    A resolved schema is flat, or it is an `anyOf` of flat schemas. A flat schema has no `$ref`,
    `allOf`, `anyOf` or `oneOf`. Its `type` is a type of JSON Schema, a list of types, or absent.
    `{}` allows anything. Nested `properties` and `items` are not resolved.
    """

    listed: dict[str, Schema]
    """The columns that the SCHEMA lists and allows, in its order."""

    forbidden: frozenset[str] = frozenset()
    """The columns that the SCHEMA lists as `false`."""

    patterns: dict[str, Schema | bool] = {}
    """The `patternProperties`; False forbids the matching columns."""

    rest: Schema | bool = {}
    """The schema of all other columns; False where no others are allowed."""

    is_partial: bool = False
    """Whether the SCHEMA does not list all columns: those of a rule are not checked."""

    faults: dict[str, str] = {}
    """By column, why its schema cannot be used: such a column may hold anything."""

    def schema(self, name: str) -> Schema | None:
        """Return the resolved schema of a column, listed or not; None where it is forbidden."""
        if (found := self.listed.get(name)) is not None:
            return found
        if name in self.forbidden:
            return None
        matching = [schema for pattern, schema in self.patterns.items() if _matches(pattern, name)]
        if not matching:
            return self.rest if isinstance(self.rest, dict) else None
        return References({}).resolved({"allOf": matching})

    def lists(self, name: str) -> bool:
        """Whether the SCHEMA names a column, itself or by a pattern."""
        return name in self.listed or any(_matches(pattern, name) for pattern in self.patterns)

    def allows(self, name: str) -> bool:
        """Whether the SCHEMA allows a column of this name."""
        return self.schema(name) is not None


def read_columns(schema: Any) -> Columns:  # noqa: ANN401 - what a tap sent
    """Return the columns of a stream.

    - A `$ref` is followed within the schema; one to nothing or to itself allows anything.
    - The columns of all alternatives of an `anyOf` or `oneOf` at the top are listed.
    - A schema without `properties`, or with empty ones, is partial.

    Args:
        schema: Of a SCHEMA message, before or after stream maps.

    Raises:
        ValueError: When it is not a schema for records; the text is the reason.
    """
    references = References(schema)
    alternatives = _record_schemas(references, schema)
    properties = _by_name(alternatives, "properties")
    patterns = {
        pattern: joined
        for pattern, joined in _by_name(alternatives, "patternProperties").items()
        if _is_pattern(pattern)
    }
    faults: dict[str, str] = {}
    resolved = {
        name: references.resolved(_with_patterns(name, column, patterns), faults, name)
        for name, column in properties.items()
    }
    others = references.resolved(_union([_rest(alternative) for alternative in alternatives]))
    return Columns(
        listed={name: column for name, column in resolved.items() if column is not None},
        forbidden=frozenset(name for name, column in resolved.items() if column is None),
        patterns={
            pattern: _or_false(references.resolved(joined)) for pattern, joined in patterns.items()
        },
        rest=_or_false(others),
        is_partial=not resolved or (isinstance(schema, dict) and schema.get(PARTIAL) is True),
        faults=faults,
    )


def mapper_schema(schema: Any, columns: Columns, keys: Iterable[str]) -> Schema:  # noqa: ANN401 - as above
    """Return an equal schema that the SDK's stream maps and flattening can read.

    The SDK needs `properties` with a `type` in each, and the columns of the key among them. It
    keeps `patternProperties`, so these hold the forbidden columns.

    Args:
        schema: As it came.
        columns: By this schema.
        keys: The columns of the primary key.
    """
    references = References(schema)
    properties = {name: references.plain(column) for name, column in columns.listed.items()}
    if columns.is_partial:
        properties.update({key: {} for key in keys if key not in properties})
    forbidden = {rf"\A{re.escape(name)}\Z": False for name in sorted(columns.forbidden)}
    return {
        "type": "object",
        "properties": properties,
        "patternProperties": {**columns.patterns, **forbidden},
        "additionalProperties": columns.rest,
        PARTIAL: columns.is_partial,
    }


def _record_schemas(references: References, schema: Any) -> list[Schema]:  # noqa: ANN401 - as above
    alternatives = references.alternatives(schema) if isinstance(schema, (dict, bool)) else []
    found = [alternative for alternative in alternatives if "object" in types_of(alternative)]
    found = found or [alternative for alternative in alternatives if "properties" in alternative]
    if not found:
        fault = "is not a JSON schema that allows records"
        raise ValueError(fault)
    for key in ("properties", "patternProperties"):
        if not all(isinstance(alternative.get(key, {}), dict) for alternative in found):
            fault = f"has `{key}` that are not an object"
            raise ValueError(fault)
    return found


def _by_name(alternatives: list[Schema], key: str) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    for alternative in alternatives:
        for name, schema in alternative.get(key, {}).items():
            found.setdefault(name, []).append(schema)
    return {name: _union(schemas) for name, schemas in found.items()}


def _union(schemas: list[Any]) -> Any:  # noqa: ANN401 - a schema as it came
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _with_patterns(name: str, column: Any, patterns: dict[str, Any]) -> Any:  # noqa: ANN401 - as above
    matching = [schema for pattern, schema in patterns.items() if _matches(pattern, name)]
    return {"allOf": [*matching, column]} if matching else column


def _rest(alternative: Schema) -> Any:  # noqa: ANN401 - a schema as it came
    return alternative.get("additionalProperties", alternative.get("unevaluatedProperties", True))


def _or_false(schema: Schema | None) -> Schema | bool:
    return False if schema is None else schema


def _is_pattern(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _matches(pattern: str, name: str) -> bool:
    return re.search(pattern, name) is not None
