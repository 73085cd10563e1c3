"""What a check found: one line, or one object of JSON, for each question."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tap_clevertap.errors import CleverTapError

OF_HOSTS = ("unknown_name", "refused", "unreachable", "timeout", "broken_off")
OF_PROXIES = ("failed",)
OF_APIS = ("not_clevertap", "refused", "failing")
CODES = {
    "settings": ("wrong_settings",),
    "host": OF_HOSTS,
    "tls": ("certificate_refused", "no_tls"),
    "proxy": OF_PROXIES,
    "api": OF_APIS,
    "region": ("wrong_region",),
    "credentials": ("wrong_account_id", "wrong_passcode", "no_data"),
    "events": ("no_events", "unknown_events", "none_left", "no_schema"),
    "query": ("refused",),
    "export": (*dict.fromkeys((*OF_HOSTS, "no_tls", *OF_PROXIES, *OF_APIS)), "slow", "no_rows"),
    "timezone": ("ahead", "behind", "day_refused", "unknown"),
    "counts": ("refused", "late", "zero", "unreadable"),
    "in_flight": ("shared",),
    "time": ("over",),
}
"""The checks and their codes other than `ok`: scripts depend on them."""


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
