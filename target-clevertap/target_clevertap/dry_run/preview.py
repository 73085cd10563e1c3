"""What a dry run would send: the first records of each stream, and how many of each kind."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from target_clevertap.records.endpoints import UPLOAD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from target_clevertap.records.endpoints import RecordEndpoint
    from target_clevertap.records.entries import Entry

MOST_SAMPLES = 10
"""Records of a stream that are shown."""


class PreviewedRecord(NamedTuple):
    """A record to be sent, and the one it was made of."""

    raw: bytes
    """As it came in."""

    payload: bytes
    """As CleverTap would get it."""


@dataclass(slots=True)
class StreamPreview:
    """What was seen of one stream."""

    samples: list[PreviewedRecord] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    """How many records are to be sent, by their kind in CleverTap's words."""


class Preview:
    """Collects what streams would send; only the reading thread adds to it."""

    def __init__(self) -> None:
        """See nothing yet."""
        self.streams: dict[str, StreamPreview] = {}
        """By the name their rules are under, in the order they came."""

    def add(self, stream: str, entries: Iterable[Entry], endpoint: RecordEndpoint = UPLOAD) -> None:
        """Note records that are ready to be sent.

        Args:
            stream: The name its rule is under.
            entries: In their order.
            endpoint: Where all of them are sent.
        """
        seen = self.streams.setdefault(stream, StreamPreview())
        for entry in entries:
            seen.kinds[endpoint.word or _kind_of(entry.payload)] += 1
            if len(seen.samples) < MOST_SAMPLES:
                seen.samples.append(PreviewedRecord(entry.raw, entry.payload))


class _Typed(msgspec.Struct):
    type: str


_decode = msgspec.json.Decoder(_Typed).decode


def _kind_of(payload: bytes) -> str:
    return _decode(payload).type
