"""The text of a dry run: payloads next to their source records, then a table of counts."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from target_clevertap._plugin.shown import visible
from target_clevertap.delivery.counts import NOT_SENT
from target_clevertap.dry_run.masking import masked_payload, masked_record
from target_clevertap.records.exact_json import UNREADABLE, decode_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from target_clevertap.delivery.counts import StreamCounts
    from target_clevertap.dry_run.preview import Preview, PreviewedRecord, StreamPreview
    from target_clevertap.dry_run.refusals import Refusal

encode = msgspec.json.Encoder(decimal_format="number").encode

LONGEST_NAME = 60
"""Characters of a name in a table."""

UPLOADED = ("event", "profile", "token")
PLURALS = {"event": "events", "profile": "profiles", "token": "tokens"}
"""Of records; calls about users have theirs in `records/endpoints.py`."""


def preview_lines(preview: Preview, *, shows_values: bool) -> Iterator[str]:
    """Yield the first records of each stream, as they came in and as they would be sent.

    Args:
        preview: Of all streams.
        shows_values: Whether values are shown; else only their shape is.
    """
    for name, seen in preview.streams.items():
        if not seen.samples:
            continue
        yield f"stream {_name(name)}: the first {len(seen.samples)} of {sum(seen.kinds.values())}"
        for number, sample in enumerate(seen.samples, 1):
            yield from _sample_lines(number, sample, shows_values=shows_values)


def _sample_lines(number: int, sample: PreviewedRecord, *, shows_values: bool) -> Iterator[str]:
    plain: Callable[[Any], Any] = lambda value: value  # noqa: E731 - as one of two
    of_record, of_payload = (plain, plain) if shows_values else (masked_record, masked_payload)
    yield f"{number:>4} source   {_text(sample.raw, of_record)}"
    yield f"     payload  {_text(sample.payload, of_payload)}"


def _text(content: bytes, change: Callable[[Any], Any]) -> str:
    with suppress(*UNREADABLE):
        return visible(encode(change(decode_value(content))).decode())
    with suppress(ValueError, RecursionError):  # it was read leniently, as with NaN in it
        return visible(json.dumps(change(json.loads(content)), default=str, ensure_ascii=False))
    return f"({len(content)} bytes that cannot be shown)"


def table_lines(
    preview: Preview, streams: Mapping[str, StreamCounts], refusals: Mapping[Refusal, int]
) -> Iterator[str]:
    """Yield a table with a row for each stream, and one with a row for each reason of refusals.

    Args:
        preview: Of all streams.
        streams: What became of their records.
        refusals: How many there are of each.
    """
    head = ("stream", "received", "to send", "not sent", "refused")
    rows = [
        (
            _name(name),
            str(counts.received),
            _listed(_to_send(preview.streams.get(name), counts)),
            _listed(_not_sent(counts)),
            str(counts.rejects),
        )
        for name, counts in streams.items()
    ]
    yield from _table([head, *rows])
    if refusals:
        yield ""
        yield from _table([("stream", "code", "records", "reason"), *_refusal_rows(refusals)])


def _to_send(seen: StreamPreview | None, counts: StreamCounts) -> dict[str, int]:
    """Return the records that would be delivered, by kind.

    Those that CleverTap refuses, and those that repeat others, are among the ones seen. They are
    of the kinds that are uploaded.
    """
    if seen is None:
        return {}
    kinds = Counter(seen.kinds)
    rest = kinds.total() - counts.delivered - counts.not_settled
    for kind in UPLOADED:
        taken = min(rest, kinds[kind])
        kinds[kind] -= taken
        rest -= taken
    return {PLURALS.get(kind, kind): count for kind, count in kinds.items()}


def _not_sent(counts: StreamCounts) -> dict[str, int]:
    reasons = {NOT_SENT.get(word, word): count for word, count in counts.not_sent.items()}
    return {**reasons, "delivered before, or equal to others": counts.already_delivered}


def _refusal_rows(refusals: Mapping[Refusal, int]) -> Iterator[tuple[str, ...]]:
    for (name, code, reason), count in sorted(refusals.items(), key=_by_stream_and_code):
        yield _name(name), str(code), str(count), visible(reason)


def _by_stream_and_code(counted: tuple[Refusal, int]) -> tuple[str, str, int]:
    (name, code, _), count = counted
    return name, str(code), -count


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{visible(word)}: {count}" for word, count in counts.items() if count) or "0"


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield rows with their cells below each other."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        cells: Iterable[str] = map(str.ljust, row, widths)
        yield "  ".join(cells).rstrip()


def _name(name: str) -> str:
    shown = visible(name)
    return shown if len(shown) <= LONGEST_NAME else f"{shown[: LONGEST_NAME - 1]}…"
