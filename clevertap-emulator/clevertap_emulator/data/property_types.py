"""The types that getSchema declares for properties; their names are guesses [U:schema]."""

from __future__ import annotations

import re

STRING, NUMBER, INTEGER, FLOAT = "String", "Number", "Integer", "Float"
BOOLEAN, DATE, LIST = "Boolean", "Date", "List"
_DATE = re.compile(r"\$D_-?\d+", re.ASCII)


def type_of(value: object) -> str:
    """Return the type of an uploaded value."""
    if isinstance(value, bool):
        return BOOLEAN
    if isinstance(value, int):
        return INTEGER
    if isinstance(value, float):
        return FLOAT
    if isinstance(value, (list, dict)):
        return LIST
    return DATE if isinstance(value, str) and _DATE.fullmatch(value) else STRING
