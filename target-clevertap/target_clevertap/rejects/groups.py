"""What a rejects file holds, by stream, code and reason, without a value of a record."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from target_clevertap._plugin.shown import visible
from target_clevertap.dry_run.masking import masked_record
from target_clevertap.records.own_codes import BY_CODE
from target_clevertap.rejects.lines import MAYBE_TAKEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from target_clevertap.rejects.lines import RejectLine

MOST_GROUPS = 100
MOST_NUMBERS = 20
"""Numbers of lines in a message."""

OF_CLEVERTAP = frozenset((*MAYBE_TAKEN, "import_failed", "malformed", "too_large", "unknown"))
"""Our own codes whose reasons may have CleverTap's words, or a number for each record."""

encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(slots=True)
class Group:
    """Rejects of one stream, code and reason."""

    example: RejectLine
    """The first of them."""

    records: int = 0
    first: str = ""
    """The earliest `rejected_at`."""

    last: str = ""


@dataclass(slots=True)
class Groups:
    """All rejects of a file."""

    groups: dict[tuple[str, str, str], Group] = field(default_factory=dict)
    others: list[int] = field(default_factory=list)
    """Numbers of the lines that are not rejects."""

    @classmethod
    def of(cls, lines: Iterable[RejectLine], *, shows_values: bool) -> Groups:
        """Return the groups of a file's lines."""
        found = cls()
        for line in lines:
            if line.kind == "REJECT":
                found._add(line, reason_of(line, shows_values=shows_values))
            elif not line.kind:
                found.others.append(line.number)
        return found

    def _add(self, line: RejectLine, reason: str) -> None:
        group = self.groups.setdefault((line.name, line.code, reason), Group(line))
        group.records += 1
        if line.rejected_at:
            group.first = min(group.first or line.rejected_at, line.rejected_at)
            group.last = max(group.last, line.rejected_at)

    def text(self, *, shows_values: bool) -> Iterator[str]:
        """Yield lines of text: the largest groups first, each with an example."""
        ordered = sorted(self.groups.items(), key=lambda each: (-each[1].records, each[0]))
        for (stream, code, reason), group in ordered[:MOST_GROUPS]:
            moments = f", rejected {group.first} to {group.last}" if group.last else ""
            names = f"stream {visible(stream)}, code {visible(code)}"
            yield f"{names}: {group.records} records{moments}"
            yield f"  reason:  {reason}"
            yield f"  example: {record_text(group.example, shows_values=shows_values)}"
        if len(ordered) > MOST_GROUPS:
            yield f"and {len(ordered) - MOST_GROUPS} more reasons with fewer records"
        streams = {stream for stream, *_ in self.groups}
        records = sum(group.records for group in self.groups.values())
        yield f"{records} rejects of {len(streams)} streams"


def reason_of(line: RejectLine, *, shows_values: bool) -> str:
    """Return why a record was rejected, in one line.

    CleverTap's words may hold values. Without `shows_values` the meaning of its code is returned.
    """
    entry = BY_CODE.get(line.code)
    is_ours = entry is not None and entry.is_ours and line.code not in OF_CLEVERTAP
    if line.reason and (shows_values or is_ours):
        return visible(line.reason)
    return entry.meaning if entry is not None else "the code is not a known one"


def record_text(line: RejectLine, *, shows_values: bool) -> str:
    """Return a record as JSON that a terminal shows as it is, or its shape without values."""
    try:
        record = line.decoded()
        record = record if shows_values else masked_record(record)
        return _printable(_encoded(record))
    except (RecursionError, ArithmeticError, TypeError, ValueError):
        return json.dumps(f"{len(line.record)} bytes that cannot be shown")


def _encoded(record: Any) -> str:  # noqa: ANN401 - any JSON value
    with suppress(UnicodeEncodeError):
        return encode(record).decode()
    return json.dumps(record, default=str)  # half of a surrogate pair, escaped


def _printable(text: str) -> str:
    """Escape, as JSON does, each character that a terminal does not show."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)


def numbers_of(lines: list[int]) -> str:
    """Return the numbers of lines for a message."""
    more = f" and {len(lines) - MOST_NUMBERS} more" if len(lines) > MOST_NUMBERS else ""
    return ", ".join(map(str, lines[:MOST_NUMBERS])) + more
