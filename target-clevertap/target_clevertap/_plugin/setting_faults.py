# Source: tap-clevertap/tap_clevertap/_plugin/setting_faults.py; copies: `make vendor`
"""Messages about settings that do not fit their schema."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from .shown import BLANK_LETTERS, shown, visible
from .suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAY_HOLD_SECRETS = frozenset(
    {"account_id", "passcode", "api_url", "batch_config", "query", "stream_map_config"}
)
"""Settings whose values no message shows, as those that the schema marks as secret."""
KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "an object",
    "null": "null",
}
OF_PATHS = ("_path", "_file")
"""Ends of the names of settings that are paths."""
BOUNDS = {
    "minimum": "at least",
    "maximum": "at most",
    "exclusiveMinimum": "above",
    "exclusiveMaximum": "below",
}


def faults_of(validator: Any, settings: Mapping[str, Any]) -> list[str]:  # noqa: ANN401 - of jsonschema, untyped
    """Return a message for each setting that does not fit the schema, without secrets."""
    found = validator.iter_errors(dict(settings))
    return list(dict.fromkeys(each for error in found for each in _described(error)))


def _described(error: Any) -> list[str]:  # noqa: ANN401 - of jsonschema, untyped
    path = [str(each) for each in error.absolute_path]
    kind, wanted = str(error.validator), error.validator_value
    if kind == "required":
        missing = [name for name in wanted if name not in error.instance]
        return [f"{'.'.join([*path, name])}: it is missing; set it" for name in missing]
    setting = visible(".".join(path))
    is_secret = bool(MAY_HOLD_SECRETS & set(path[:1]) or error.schema.get("writeOnly"))
    value = _value(error.instance, is_secret=is_secret)
    return [f"{setting}: {value} {_fault(kind, wanted, error.instance)}"]


def _value(value: Any, *, is_secret: bool) -> str:  # noqa: ANN401 - whatever is set
    is_plain = isinstance(value, (str, int, float, Decimal)) and not is_secret
    return shown(value) if is_plain else "the value"


def _fault(kind: str, wanted: Any, value: object) -> str:  # noqa: ANN401 - as the schema has it
    if kind == "type":
        kinds = [wanted] if isinstance(wanted, str) else wanted
        if "string" in kinds and isinstance(value, (int, float, Decimal)):
            return "has the wrong type; put it in quotes"
        return f"has the wrong type; set {' or '.join(KINDS[each] for each in kinds)}"
    if kind == "enum":
        return f"is not a known one; set one of {', '.join(map(str, wanted))}"
    if kind in BOUNDS:
        return f"is out of range; set {BOUNDS[kind]} {wanted}"
    if kind == "minLength":
        return "is too short; set a longer one, or remove the setting"
    return f"does not fit; look at `{kind}` in the description of the setting"


def blank_paths(settings: Mapping[str, Any]) -> Iterator[str]:
    """Yield a message for each path that has only white space or invisible characters."""
    for name, value in settings.items():
        is_path = name.endswith(OF_PATHS) and isinstance(value, str)
        if is_path and value and is_blank(value):
            yield f"{name}: {shown(value)} is a blank path; set another, or remove the setting"


def is_blank(text: str) -> bool:
    """Return whether text has only white space and invisible characters, or nothing."""
    return all(not each.isprintable() or each.isspace() or each in BLANK_LETTERS for each in text)


def unknown_settings(settings: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield a message for each setting that the schema does not have."""
    known = sorted(schema["properties"])
    for name in sorted(set(settings) - set(known)):
        yield f"settings: {shown(name)} is not a setting; {nearest(name, known) or 'remove it'}"
