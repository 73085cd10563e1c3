"""The finding about CleverTap's counts, with which a run proves that it read all."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tap_clevertap._plugin.findings import Finding, fine
from tap_clevertap._plugin.shown import shown
from tap_clevertap.api.outcomes import NotReady, Outcome, Refused, Success, TryAgain
from tap_clevertap.check.probe import READY_SECONDS
from tap_clevertap.records.exact_json import UNREADABLE_JSON

if TYPE_CHECKING:
    from datetime import date

ADVICE = (
    "ask CleverTap's support, or set verify_counts to off; a run reads all the same, and cannot "
    "prove that nothing is missing"
)


class _Counted(msgspec.Struct):
    count: int


_decode = msgspec.json.Decoder(_Counted).decode


def count_finding(outcome: Outcome, event_name: str, day: date, *, has_rows: bool) -> Finding:
    """Return the finding of a count.

    Args:
        outcome: Of the request.
        event_name: What was counted.
        day: Of the count.
        has_rows: Whether an export has rows of that day.
    """
    of = f"the count of {shown(event_name)} on {day}"
    if isinstance(outcome, NotReady):
        message = f"{of} is still in progress after {READY_SECONDS:.0f} s"
        return Finding("counts", "late", message, ADVICE)
    if not isinstance(outcome, Success):
        reason = f" ({outcome.reason})" if isinstance(outcome, Refused | TryAgain) else ""
        return Finding("counts", "refused", f"CleverTap refuses {of}{reason}", ADVICE)
    count = _count(outcome)
    if count is None:
        return Finding("counts", "unreadable", f"{of} is not a number of events", ADVICE)
    if count == 0 and has_rows:
        return Finding("counts", "zero", f"{of} is 0, although its export has rows", ADVICE)
    return fine("counts", f"{of} is {count}")


def _count(outcome: Success) -> int | None:
    try:
        count = _decode(outcome.content).count
    except UNREADABLE_JSON:
        return None
    return count if count >= 0 else None
