"""What a SCHEMA says of its columns, in whatever words of JSON Schema."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from target_clevertap.singer.references import References, Schema, typed

if TYPE_CHECKING:
    from collections.abc import Iterable

PARTIAL = "x-clevertap-partial"
"""A mark in a schema that does not list all its columns; stream maps and flattening keep it."""


class Columns(msgspec.Struct, frozen=True):
    """The columns of a stream, with resolved schemas.

    A resolved schema is flat, or it has only `anyOf`: a list of flat schemas. A flat one has no
    `$ref`, `allOf`, `anyOf` or `oneOf`, and its `type` is one of JSON Schema, a list of them or
    absent. `{}` allows anything. Nested `properties` and `items` are as they came.
    """

    listed: dict[str, Schema]
    """The columns that the SCHEMA lists and allows, in its order."""

    forbidden: frozenset[str] = frozenset()
    """The columns that the SCHEMA lists as `false`."""

    patterns: dict[str, Schema | bool] = {}
    """The `patternProperties`; False forbids the columns that match."""

    rest: Schema | bool = {}
    """What all other columns hold; False where there may be none."""

    is_partial: bool = False
    """Whether the SCHEMA lists no columns, or not all: those of a rule are taken on trust."""

    faults: dict[str, str] = {}
    """What could not be understood, by column: such a column may hold anything."""

    def schema(self, name: str) -> Schema | None:
        """Return the resolved schema of a column, listed or not; None where it is forbidden."""
        if (found := self.listed.get(name)) is not None:
            return found
        if name in self.forbidden:
            return None
        matching = [schema for pattern, schema in self.patterns.items() if _fits(pattern, name)]
        if not matching:
            return self.rest if isinstance(self.rest, dict) else None
        return References({}).resolved({"allOf": matching})

    def allows(self, name: str) -> bool:
        """Tell whether the SCHEMA allows a column of this name."""
        return self.schema(name) is not None


def read_columns(schema: Any) -> Columns:  # noqa: ANN401 - what a tap sent
    """Return what a stream's schema says of its columns.

    - A `$ref` is followed within the schema; one that leads nowhere or to itself allows anything.
    - The columns of all branches of an `anyOf` or `oneOf` at the top are listed.
    - A schema without `properties`, or with empty ones, is partial.

    Args:
        schema: Of a SCHEMA message, or what stream maps made of it.

    Raises:
        ValueError: When it is not a schema of records; the text says what is wrong.
    """
    references = References(schema)
    branches = _record_schemas(references, schema)
    properties = _by_name(branches, "properties")
    patterns = {
        pattern: joined
        for pattern, joined in _by_name(branches, "patternProperties").items()
        if _is_pattern(pattern)
    }
    faults: dict[str, str] = {}
    resolved = {
        name: references.resolved(_with_patterns(name, column, patterns), faults, name)
        for name, column in properties.items()
    }
    listed = {name: column for name, column in resolved.items() if column is not None}
    return Columns(
        listed=listed,
        forbidden=frozenset(resolved.keys() - listed.keys()),
        patterns={
            pattern: _or_false(references.resolved(joined)) for pattern, joined in patterns.items()
        },
        rest=_or_false(references.resolved(_union([_rest(branch) for branch in branches]))),
        is_partial=not resolved or (isinstance(schema, dict) and schema.get(PARTIAL) is True),
        faults=faults,
    )


def mapper_schema(schema: Any, columns: Columns, keys: Iterable[str]) -> Schema:  # noqa: ANN401 - as above
    """Return a schema of the same meaning that the SDK's stream maps and flattening can read.

    They want `properties` with a `type` in each, and the columns of the key among them. They keep
    `patternProperties`, so the forbidden columns are there.

    Args:
        schema: As it came.
        columns: What it says.
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
    branches = references.branches(schema) if isinstance(schema, (dict, bool)) else []
    found = [branch for branch in branches if "object" in typed(branch)]
    found = found or [branch for branch in branches if "properties" in branch]
    if not found:
        fault = "is not a JSON schema that allows records"
        raise ValueError(fault)
    for key in ("properties", "patternProperties"):
        if not all(isinstance(branch.get(key, {}), dict) for branch in found):
            fault = f"has `{key}` that are not an object"
            raise ValueError(fault)
    return found


def _by_name(branches: list[Schema], key: str) -> dict[str, Any]:
    found: dict[str, list[Any]] = {}
    for branch in branches:
        for name, schema in branch.get(key, {}).items():
            found.setdefault(name, []).append(schema)
    return {name: _union(schemas) for name, schemas in found.items()}


def _union(schemas: list[Any]) -> Any:  # noqa: ANN401 - a schema as it came
    return schemas[0] if len(schemas) == 1 else {"anyOf": schemas}


def _with_patterns(name: str, column: Any, patterns: dict[str, Any]) -> Any:  # noqa: ANN401 - as above
    matching = [schema for pattern, schema in patterns.items() if _fits(pattern, name)]
    return {"allOf": [*matching, column]} if matching else column


def _rest(branch: Schema) -> Any:  # noqa: ANN401 - a schema as it came
    return branch.get("additionalProperties", branch.get("unevaluatedProperties", True))


def _or_false(schema: Schema | None) -> Schema | bool:
    return False if schema is None else schema


def _is_pattern(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _fits(pattern: str, name: str) -> bool:
    return re.search(pattern, name) is not None
