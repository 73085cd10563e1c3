"""Events whose names, properties and values are unusual, and allowed."""

from __future__ import annotations

from msgspec import Raw

from clevertap_emulator.data.catalogue import EventKind, one_of
from clevertap_emulator.data.property_types import FLOAT, INTEGER

ODD_NAMES = (
    *("Signup", "SIGNUP", "42", "true", "null", '"x"', '{"a": 1}', "[1]", "1.50"),
    *("Level-Completed", "a/b/c", "Tab\there", "_hidden", ".dotted", "name=value", "50% [off] *?"),
    *("日本語のイベント", "👩‍👩‍👧 family", "Zero\u200bwidth", "e\u0301 is not é", "x" * 120),
)
"""Some differ only in case or, as file names have them, not at all; some are JSON."""
ODD_PROPERTIES = {
    "Integer": one_of(
        *(Raw(b"9007199254740993"), Raw(b"-9223372036854775809"), Raw(b"12345678901234567890")),
        *(Raw(b"123456789012345678901234567890"), 0, -1),
        declared=INTEGER,
    ),
    "Decimal": one_of(
        *(Raw(b"1.10"), Raw(b"100.00"), Raw(b"0.1"), Raw(b"1E5"), Raw(b"1e-7"), Raw(b"-0.0")),
        *(Raw(b"3.14159265358979323846"), Raw(b"1e21"), Raw(b"16777217.5")),
        declared=FLOAT,
    ),
    "Mixed": one_of(
        *(1, 1.5, "1", True, None, [], {}, ["a", 1, None], {"deep": {"er": [1.5, "x"]}}),
    ),
    "Text": one_of(
        *("", " ", "007", "+919000000001", "1.0", "true", "null", "NaN", "Infinity", "$D_0"),
        *("2022-02-12", "a,b;c|d", 'say "hi"', "line\nline", "tab\there", "<b>&amp;</b>", "]]>"),
        *("\u2028", "\u00a0", "\ufeff", "😀", "=1+1", "\\", "'", "return\r\nline"),
    ),
    "Amount": one_of(1, 2),
    "amount": one_of("one", "two"),
    "a.b": one_of("dotted"),
    "a": one_of(Raw(b'{"b":1,"b":2}'), "plain"),
    "ts": one_of(20200101000000),
    "eventName": one_of("another"),
    "profile.identity": one_of("nobody"),
    "größe ☕": one_of("groß"),
    "with space, comma": one_of(1),
    'quoted "name"': one_of(1),
    "<tag>": one_of(1),
}
ODD_KINDS = tuple(
    EventKind(name, 2, ODD_PROPERTIES, unique=None, templates=40) for name in ODD_NAMES
)
