"""What a dry run finds refused, in place of a rejects file."""

from __future__ import annotations

from collections import Counter
from threading import Lock
from typing import TYPE_CHECKING

from typing_extensions import override

from target_clevertap.rejects.file import RejectsFile

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from target_clevertap.records.record_status import Code
    from target_clevertap.rejects.reject import Reject

Refusal = tuple[str, "Code | None", str]
"""Stream, code and reason."""


class CountedRefusals(RejectsFile):
    """Counts rejects by stream, code and reason; no file is made, renamed or written.

    CleverTap's own words may hold values of a record. So its reasons are shown only where values
    may be shown.
    """

    def __init__(self, path: Path, *, shows_values: bool) -> None:
        """Count nothing yet.

        Args:
            path: Of the rejects file that a real run would write.
            shows_values: Whether CleverTap's own words may be shown.
        """
        super().__init__(path)
        self.counts: Counter[Refusal] = Counter()
        self._shows_values = shows_values
        self._own: set[str] = set()
        self._counting = Lock()

    def expect(self, reason: str) -> None:
        """Note a reason of our own checks, which holds no value; called before its `append`."""
        self._own.add(reason)

    @override
    def append(self, rejects: Iterable[Reject]) -> None:
        with self._counting:
            for reject in rejects:
                code, reason = reject.status.code, reject.status.reason
                if not (self._shows_values or reason in self._own):
                    reason = REASONS_OF_CLEVERTAP.get(code, "CleverTap refuses it")
                self.counts[reject.origin.name, code, reason] += 1

    @override
    def rename_for_replay(self, reading: int | None = None) -> Path | None:
        return None


REASONS_OF_CLEVERTAP: dict[Code | None, str] = {
    509: "the event has no name",
    512: "the event's properties are not valid",
    513: "the event is one of CleverTap's own",
    514: "the gender is not valid",
    515: "the email address is not valid",
    516: "the telephone number is not valid",
    517: "Employed has to be Y or N",
    518: "Education has to be School, College or Graduate",
    519: "Married has to be Y or N",
    520: "the age is not valid",
    522: "the event has too many properties",
    523: "the record has no user, or one that is not valid",
    524: "the type of the record is not known",
    525: "the time is not in epoch seconds",
    526: "the object id is not valid",
    528: "the event is discarded in this account",
    530: "the token's object id is not valid",
    531: "the token's data is not valid",
    532: "the token has no id",
    533: "the token has no type",
    534: "the token's type does not fit the object id",
    535: "the token's data is not valid",
    555: "CleverTap had an error of its own, again and again",
}
"""What the codes of CleverTap mean, without a value [D:api-errors]."""
