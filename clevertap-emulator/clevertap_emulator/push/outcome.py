"""What became of a message: a line of the truth, and the figures of all."""

from __future__ import annotations

import base64
import hashlib
from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from clevertap_emulator.data.events import to_json
from clevertap_emulator.push.connection import PushFailure

if TYPE_CHECKING:
    from clevertap_emulator.push.connection import PushResult
    from clevertap_emulator.push.messages import PushMessage

ANSWERED = 200
"""The only status that the documents name as a success [U:setup-webhooks]."""


@dataclass
class Pushed:
    """A message and its attempts: the result of each, and its seconds."""

    message: PushMessage
    attempts: list[tuple[PushResult, float]] = field(default_factory=list)

    @property
    def is_answered(self) -> bool:
        """Whether an attempt was answered 200."""
        return any(result == ANSWERED for result, _ in self.attempts)

    def line(self, *, has_body: bool) -> bytes:
        """Return it as JSON.

        Args:
            has_body: Whether the body is in it.
        """
        content_type, content, profiles = self.message.body
        fields: dict[str, Any] = {
            "number": self.message.number,
            "kind": self.message.kind.value,
            "id": self.message.id,
            "content": self.message.content,
            "content_type": content_type,
            "profiles": profiles,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "attempts": [
                {"result": result, "seconds": round(seconds, 6)}
                for result, seconds in self.attempts
            ],
            "answered_200": self.is_answered,
        }
        return to_json({**fields, **(body_fields(content) if has_body else {})})


def body_fields(content: bytes) -> dict[str, str]:
    """Return a body as text, or as base64 where it is not UTF-8."""
    try:
        return {"body": content.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(content).decode()}


class PushTotals:
    """The figures of all messages."""

    def __init__(self) -> None:
        self.messages = self.answered = self.attempts = self.profiles = 0
        self._seconds = array("d")
        self._failed: Counter[str] = Counter()

    def add(self, outcome: Pushed) -> None:
        """Count a message."""
        self.messages += 1
        self.answered += outcome.is_answered
        self.attempts += len(outcome.attempts)
        self.profiles += outcome.message.body.profiles
        for result, seconds in outcome.attempts:
            if isinstance(result, int):
                self._seconds.append(seconds)
            if result != ANSWERED:
                self._failed[str(result.value if isinstance(result, PushFailure) else result)] += 1

    def line(self, seconds: float) -> str:
        """Return what was pushed in so many seconds."""
        slow = sorted(self._seconds) or [0.0]
        median, late = (1000 * slow[int(part * (len(slow) - 1))] for part in (0.5, 0.99))
        rate = self.messages / seconds if seconds else 0.0
        failed = [f"{count} {result}" for result, count in self._failed.most_common()]
        return (
            f"clevertap-emulator pushed {self.messages} messages in {self.attempts} attempts, "
            f"{rate:.0f} a second; {self.answered} were answered 200; "
            f"answers took {median:.1f} ms (median) and {late:.1f} ms (99th percentile)"
            f"{'; other attempts: ' if failed else ''}{', '.join(failed)}"
        )
