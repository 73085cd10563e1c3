"""What an upload's answer says of each record it was sent."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from target_clevertap.records.limits import Code

SERVER_ERROR = 555
"""The one code of a record that another try may mend [D:api-errors]."""

RECORD_NUMBER = re.compile(r"\s*Skipped record number\s*:\s*(\d{1,9})(?!\d)\s*")
IDENTIFYING = ("type", "identity", "objectId", "FBID", "GPID", "evtName", "ts")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A record that CleverTap would not take, with its code and its words."""

    index: int
    code: Code
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """The fate of each record of a request, by its place in it."""

    delivered: list[int] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    again: list[Refusal] = field(default_factory=list)
    """Records with CleverTap's code 555, which may be sent again."""

    unmatched: list[int] = field(default_factory=list)
    """Records the answer does not account for."""


def read_answer(body: Mapping[str, Any], payloads: Sequence[bytes]) -> Reading:
    """Read an upload's answer, section 5.3 of the API notes.

    Args:
        body: The decoded answer.
        payloads: The encoded records, in the order of the request.
    """
    items = [item for item in body.get("unprocessed") or () if isinstance(item, dict)]
    if (
        not items
        and body.get("status") == "success"
        and body.get("processed")
        in (
            None,
            len(payloads),
        )
    ):
        return Reading(delivered=list(range(len(payloads))))
    named, strays = _match(items, payloads)
    rest = [index for index in range(len(payloads)) if index not in named]
    processed = body.get("processed")
    accounted = isinstance(processed, int) and processed >= len(rest) and not strays
    refusals = list(named.values())
    return Reading(
        delivered=rest if accounted else [],
        refused=[refusal for refusal in refusals if refusal.code != SERVER_ERROR],
        again=[refusal for refusal in refusals if refusal.code == SERVER_ERROR],
        unmatched=[] if accounted else rest,
    )


def _match(
    items: Iterable[Mapping[str, Any]], payloads: Sequence[bytes]
) -> tuple[dict[int, Refusal], int]:
    """Return the refusals by place, and how many items belong to no certain place."""
    sent = _Sent(payloads)
    named: dict[int, Refusal] = {}
    strays = 0
    for item in items:
        text = str(item.get("error") or "")
        index = sent.place(_number(text), item.get("record"), taken=named)
        if index is None:
            strays += 1
            continue
        code = item.get("code")
        known = code if isinstance(code, int) and not isinstance(code, bool) else "unknown"
        reason = RECORD_NUMBER.sub(" ", text).strip() or "CleverTap gave no reason"
        named[index] = Refusal(index, known, reason)
    return named, strays


def _number(text: str) -> int | None:
    found = RECORD_NUMBER.search(text)
    return int(found[1]) if found else None


class _Sent:
    """The records of a request, decoded when an echo has to be compared."""

    def __init__(self, payloads: Sequence[bytes]) -> None:
        self._payloads = payloads
        self._records: dict[int, dict[str, Any]] = {}

    def place(self, number: int | None, echo: Any, taken: Mapping[int, object]) -> int | None:  # noqa: ANN401 - whatever the answer holds
        """Return the place an item speaks of, or None: its number, confirmed by its echo."""
        index = None if number is None else number - 1
        is_open = index is not None and 0 <= index < len(self._payloads) and index not in taken
        if not isinstance(echo, dict) or not any(key in echo for key in IDENTIFYING):
            return index if is_open else None
        if is_open and index is not None and self._agrees(index, echo):
            return index
        return self._only_place(echo, taken)

    def _only_place(self, echo: dict[str, Any], taken: Mapping[int, object]) -> int | None:
        found = [
            index
            for index in range(len(self._payloads))
            if index not in taken and self._agrees(index, echo)
        ]
        if len(found) > 1:
            found = [index for index in found if self._same_data(index, echo)]
        return found[0] if len(found) == 1 else None

    def _agrees(self, index: int, echo: dict[str, Any]) -> bool:
        record = self._record(index)
        return all(
            str(echo[key]) == str(record[key]) if key in record else key == "ts"
            for key in IDENTIFYING
            if key in echo
        )

    def _same_data(self, index: int, echo: dict[str, Any]) -> bool:
        record = self._record(index)
        return all(echo.get(key) == record.get(key) for key in ("evtData", "profileData"))

    def _record(self, index: int) -> dict[str, Any]:
        if index not in self._records:
            self._records[index] = msgspec.json.decode(self._payloads[index])
        return self._records[index]
