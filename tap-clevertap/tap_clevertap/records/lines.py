"""Encoded records, and the messages that they are written in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, NamedTuple

from tap_clevertap.records.exact_json import encode_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from typing_extensions import Self


class Envelope(NamedTuple):
    """The bytes around a record in its line."""

    before: bytes
    after: bytes


RECORD_ALONE = Envelope(b"", b"\n")


def record_message(stream: str) -> Envelope:
    """Return the envelope of a RECORD message of a stream, extracted now."""
    now = datetime.now(timezone.utc).isoformat().encode()
    before = b'{"type":"RECORD","stream":%b,"record":' % encode_json(stream)
    return Envelope(before, b',"time_extracted":"%b"}\n' % now)


@dataclass(frozen=True, slots=True)
class Lines:
    """Encoded records, each with a line feed after it."""

    content: bytes
    records: int

    @classmethod
    def of(cls, lines: Iterable[bytes]) -> Self:
        """Join lines, each of one record."""
        each = [*lines]
        return cls(b"".join(each), len(each))

    def parts(self, most: int) -> Iterator[Self]:
        """Yield the same records, at most so many at a time."""
        if self.records <= most:
            yield self
            return
        each = self.content.splitlines(keepends=True)
        for start in range(0, len(each), most):
            yield self.of(each[start : start + most])

    def __len__(self) -> int:
        """Return the number of records."""
        return self.records
