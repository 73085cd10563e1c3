"""Resolves `$ref`, `allOf`, `oneOf` and `anyOf` of a JSON schema into one plain form."""

from __future__ import annotations

from itertools import product
from typing import Any
from urllib.parse import unquote

from target_clevertap.records.kinds import TYPES, Schema, types_of

MOST_ALTERNATIVES = 64
"""Alternatives of one schema; a schema with more allows anything."""

MOST_LEVELS = 100
"""Levels of nesting by `$ref` and its like; a deeper schema allows anything."""

MOST_NESTED = 50_000
"""Schemas of nested properties that are resolved for one stream."""

DEEPEST_NESTED = 12
"""Levels of nested properties that are resolved."""

COMBINING = frozenset(("$ref", "allOf", "anyOf", "oneOf"))
ANNOTATIONS = frozenset(("$schema", "$defs", "definitions"))


class References:
    """Resolves the schemas within one schema."""

    def __init__(self, root: Any) -> None:  # noqa: ANN401 - what a tap sent
        """Resolve schemas within a whole one.

        Args:
            root: The whole schema, where each `$ref` starts.
        """
        self._root = root
        self._known: dict[str, tuple[list[Schema], list[str]]] = {}
        self._trail: list[str] = []
        self._levels = 0
        self._nested = 0
        self._faults: list[str] = []

    def alternatives(self, schema: Any) -> list[Schema]:  # noqa: ANN401 - as above
        """Return the flat alternatives of a schema; none where it allows nothing."""
        if schema is True:
            return [{}]
        if schema is False:
            return []
        if not isinstance(schema, dict):
            return self._anything("it is not a JSON schema")
        if self._levels >= MOST_LEVELS:
            return self._anything("it is nested too deeply")
        self._levels += 1
        try:
            return self._combined(schema)
        finally:
            self._levels -= 1

    def resolved(
        self,
        schema: Any,  # noqa: ANN401 - as above
        faults: dict[str, str] | None = None,
        name: str = "",
    ) -> Schema | None:
        """Return a schema in its plain form: flat, or an `anyOf` of flat ones; None for `false`.

        Args:
            schema: As it came.
            faults: Gets the reason why the schema cannot be used, if it cannot.
            name: The key for that reason.
        """
        self._faults = []
        alternatives = self.alternatives(schema)
        if self._faults and faults is not None:
            faults[name] = self._faults[0]
        if not alternatives:
            return None
        return alternatives[0] if len(alternatives) == 1 else {"anyOf": alternatives}

    def plain(self, schema: Any) -> Schema:  # noqa: ANN401 - as above
        """Return a resolved schema with a `type` where it has one, its properties alike."""
        alternatives = [self._spelled_out(alternative) for alternative in self.alternatives(schema)]
        if len(alternatives) == 1:
            return alternatives[0]
        types = [
            each
            for each in TYPES
            if any(each in types_of(alternative) for alternative in alternatives)
        ]
        is_typed = alternatives and all("type" in alternative for alternative in alternatives)
        return {"type": types, "anyOf": alternatives} if is_typed else {}

    def _spelled_out(self, alternative: Schema) -> Schema:
        properties = alternative.get("properties")
        rest = {key: value for key, value in alternative.items() if key != "properties"}
        if not properties or not isinstance(properties, dict) or self._levels >= DEEPEST_NESTED:
            return rest  # flattening drops an object whose `properties` are empty
        self._levels += 1
        spelled: Schema = {}
        for name, nested in properties.items():
            self._nested += 1
            spelled[name] = self.plain(nested) if self._nested <= MOST_NESTED else {}
        self._levels -= 1
        return {**rest, "properties": spelled}

    def _combined(self, schema: Schema) -> list[Schema]:
        own = {key: value for key, value in schema.items() if key not in COMBINING | ANNOTATIONS}
        found = [self._with_known_types(own)]
        if "$ref" in schema:
            found = self._both(found, self._referred(schema["$ref"]))
        for each in self._listed(schema, "allOf"):
            found = self._both(found, self.alternatives(each))
        for union in ("anyOf", "oneOf"):
            if listed := self._listed(schema, union):
                several = [
                    alternative for each in listed for alternative in self.alternatives(each)
                ]
                found = self._both(found, several)
        return found

    def _listed(self, schema: Schema, key: str) -> list[Any]:
        listed = schema.get(key, [])
        if isinstance(listed, list):
            return listed
        self._anything(f"its `{key}` is not a list")
        return []

    def _with_known_types(self, schema: Schema) -> Schema:
        if "type" not in schema:
            return schema
        named = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        types = [each.lower() if isinstance(each, str) else each for each in named]
        if types and all(each in TYPES for each in types):
            return schema if types == named else {**schema, "type": types}
        if types and "any" not in types:
            self._anything("its `type` is not a type of JSON Schema")
        return {key: value for key, value in schema.items() if key != "type"}

    def _both(self, some: list[Schema], others: list[Schema]) -> list[Schema]:
        """Return the alternatives that two lists of them allow together."""
        if not some or not others:
            return []
        found: list[Schema] = []
        for one, other in product(some, others):
            both = _merged(one, other)
            if both is not None and both not in found:
                found.append(both)
            if len(found) > MOST_ALTERNATIVES:
                return self._anything(f"it has more than {MOST_ALTERNATIVES} alternatives")
        return found or others  # they contradict each other: the inner schema counts

    def _referred(self, pointer: Any) -> list[Schema]:  # noqa: ANN401 - as above
        if not isinstance(pointer, str) or not pointer.startswith("#"):
            return self._anything("its `$ref` points outside the SCHEMA")
        if pointer in self._trail:
            return self._anything("its `$ref` points to itself")
        if pointer not in self._known:
            before, self._faults = self._faults, []
            self._trail.append(pointer)
            found = self._at(pointer)
            self._trail.pop()
            self._known[pointer] = found, self._faults[:1]
            self._faults = before
        found, faults = self._known[pointer]
        self._faults += faults
        return found

    def _at(self, pointer: str) -> list[Schema]:
        place = self._root
        for part in unquote(pointer[1:]).split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(place, list):
                place = {str(number): each for number, each in enumerate(place)}
            if isinstance(place, dict) and key in place:
                place = place[key]
            else:
                return self._anything("its `$ref` points to nothing")
        return self.alternatives(place)

    def _anything(self, fault: str) -> list[Schema]:
        self._faults.append(fault)
        return [{}]


def _merged(one: Schema, other: Schema) -> Schema | None:
    """Return a flat schema that combines two; None where they contradict each other."""
    merged = {**one, **other}
    if "type" in one and "type" in other:
        types = _common(types_of(one), types_of(other))
        if not types:
            return None
        merged["type"] = [each for each in TYPES if each in types]
    for key in ("properties", "patternProperties"):
        if isinstance(one.get(key), dict) and isinstance(other.get(key), dict):
            merged[key] = {
                name: {"allOf": [one[key][name], other[key][name]]}
                if name in one[key] and name in other[key]
                else merged_value
                for name, merged_value in {**one[key], **other[key]}.items()
            }
    if one.get("additionalProperties") is False:
        merged["additionalProperties"] = False
    return merged


def _common(some: set[str], others: set[str]) -> set[str]:
    """Return the types in both sets; an integer is a number."""
    common = some & others
    if "integer" in some ^ others and "number" in some ^ others:
        common |= {"integer"}
    return common
