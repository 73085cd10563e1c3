"""The text of a dry run: payloads next to their source records, then a table of counts."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from target_clevertap._plugin.shown import visible
from target_clevertap.dry_run.masking import masked_payload, masked_record
from target_clevertap.records.exact_json import UNREADABLE, decode_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from target_clevertap.dry_run.preview import Preview, PreviewedRecord, StreamPreview
    from target_clevertap.dry_run.refusals import Refusal

encode = msgspec.json.Encoder(decimal_format="number").encode

LONGEST_NAME = 60
"""Characters of a name in a table."""

PLURALS = {"event": "events", "profile": "profiles", "token": "tokens"}


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
    preview: Preview,
    not_sent: Mapping[str, Mapping[str, int]],
    refusals: Mapping[Refusal, int],
) -> Iterator[str]:
    """Yield a table with a row for each stream, and one with a row for each reason of refusals.

    Args:
        preview: Of all streams.
        not_sent: Records that are held back, by stream and reason.
        refusals: How many there are of each.
    """
    names = [*dict.fromkeys((*preview.streams, *not_sent, *(name for name, *_ in refusals)))]
    refused = {
        name: sum(count for (of, *_), count in refusals.items() if of == name) for name in names
    }
    head = ("stream", "to send", "not sent", "refused")
    rows = [
        (
            _name(name),
            _kinds(preview.streams.get(name)),
            _counts(not_sent.get(name, {})),
            str(refused[name]),
        )
        for name in names
    ]
    yield from _table([head, *rows])
    if refusals:
        yield ""
        yield from _table([("stream", "code", "records", "reason"), *_refusal_rows(refusals)])


def _refusal_rows(refusals: Mapping[Refusal, int]) -> Iterator[tuple[str, ...]]:
    for (name, code, reason), count in sorted(refusals.items(), key=_by_stream_and_code):
        yield _name(name), str(code), str(count), visible(reason)


def _by_stream_and_code(counted: tuple[Refusal, int]) -> tuple[str, str, int]:
    (name, code, _), count = counted
    return name, str(code), -count


def _kinds(seen: StreamPreview | None) -> str:
    if seen is None:
        return "0"
    return _counts({PLURALS.get(kind, kind): count for kind, count in seen.kinds.items()})


def _counts(counts: Mapping[str, int]) -> str:
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
