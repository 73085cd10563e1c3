# Source: tap-clevertap/tap_clevertap/_plugin/findings.py; copies: `make vendor`
"""What a check found: one line, or one object of JSON, for each question."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .errors import CleverTapError


@dataclass(frozen=True)
class Finding:
    """The result of one question.

    Args:
        check: The question, by a stable name.
        code: The result, by a stable name; `ok` if nothing is to be reported.
        message: The result in words, without secrets, cursors and values of records.
        advice: What to do, if there is something to do.
        ok: Whether all is well here.
    """

    check: str
    code: str
    message: str
    advice: str = ""
    ok: bool = False

    @override
    def __str__(self) -> str:
        advice = f"; {self.advice}" if self.advice else ""
        return f"{'ok' if self.ok else 'failed':<6} {self.check}: {self.message}{advice}"


def fine(check: str, message: str, *, code: str = "ok", advice: str = "") -> Finding:
    """Return a finding of something that is well."""
    return Finding(check, code, message, advice, ok=True)


def failed(check: str, code: str, error: CleverTapError) -> Finding:
    """Return the finding of an error, in the words that end a run."""
    message, _, advice = error.message.partition("; ")
    return Finding(check, code, message, advice)


def summary(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return all findings as one JSON object."""
    return {
        "ok": all(finding.ok for finding in findings),
        "findings": [asdict(finding) for finding in findings],
    }
