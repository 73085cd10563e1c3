"""Taking records in: through stream maps and rules into the delivery, or to the rejects."""

from __future__ import annotations

import logging
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING, Any

from singer_sdk.exceptions import MapExpressionError, MappingError

from target_clevertap._plugin.shown import shown, visible
from target_clevertap.delivery.lanes import Source
from target_clevertap.errors import InputError, KeyMissingError, SettingError
from target_clevertap.records.entries import NamedBy
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.exact_json import UNREADABLE, decode_value
from target_clevertap.records.property_plans import LEFT_OUT_NAMED
from target_clevertap.rejects.reject import Reject
from target_clevertap.singer.stream_changes import equal_rows_warning, may_need_equal_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from target_clevertap.delivery.checkpoints import Checkpoints
    from target_clevertap.delivery.delivery import Delivery
    from target_clevertap.delivery.summary import Summary
    from target_clevertap.singer.lines import Line
    from target_clevertap.singer.streams import Branch, Stream

NOTHING = NamedBy.NOTHING
logger = logging.getLogger("target-clevertap")

TRANSFORM_FAULTS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a stream map's expression raises on a value it was not written for."""


@contextmanager
def translate_map_errors() -> Iterator[None]:
    """Raise a SettingError for what the SDK raises where stream maps cannot work.

    Raises:
        SettingError: In place of it.
    """
    try:
        yield
    except (MappingError, MemoryError, RecursionError, *TRANSFORM_FAULTS) as error:
        why = visible(str(error)) or type(error).__name__
        message = f"stream_maps: they do not fit the streams ({why}); fix them"
        raise SettingError(message) from None


class RecordHandler:
    """Makes entries of records."""

    def __init__(self, delivery: Delivery, checkpoints: Checkpoints, summary: Summary) -> None:
        """Take nothing yet.

        Args:
            delivery: Gets what can be sent.
            checkpoints: Knows the open segment.
            summary: Counts what is not sent.
        """
        self._delivery = delivery
        self._checkpoints = checkpoints
        self._summary = summary
        self._warned_of_columns: set[str] = set()
        self._are_replays: dict[str, bool] = {}
        self._warned_of_rows: set[str] = set()
        self._source: Source | None = None

    def take(self, stream: Stream, message: Line, record: Any, line_number: int) -> None:  # noqa: ANN401 - any JSON value
        """Take a RECORD message.

        Args:
            stream: That it is of.
            message: As it came.
            record: In the message, decoded.
            line_number: Of the message, in the input.

        Raises:
            InputError: When it holds no record, or a stream map fails on it.
        """
        if not isinstance(record, dict):
            fault = (
                f"line {line_number} of the input: the RECORD has no object in `record`; fix the "
                "tap that wrote it"
            )
            raise InputError(fault)
        if stream.deletions.marks(record) and stream.branches:
            # by the row as it came: a stream map may drop the mark, or fail on a row of nulls
            self._summary.count(deleted=1)
            return
        rejected_at = self._note_replay(stream, message)
        branches = stream.branches
        if message.is_replay:
            branches = stream.replay_branches(message.stream_alias)
        for branch in branches:
            mapped = self._mapped(stream, branch, record, line_number)
            if mapped is None:
                continue
            key = branch.builder.missing_key(mapped)
            if key is not None:
                raise _key_missing(key, stream, line_number)
            source = self._source_of(branch, is_replay=message.is_replay)
            self._take(branch, mapped, message, record, source, rejected_at)
            self._warn_of_columns(branch)

    def _note_replay(self, stream: Stream, message: Line) -> str | None:
        """Note whether a stream has come only as rejects; return the moment of this reject."""
        rejected_at = _rejected_at(message) if message.is_replay else None
        name = stream.origin.stream
        if rejected_at is None or name not in self._are_replays:
            self._are_replays[name] = rejected_at is not None
        return rejected_at

    def _mapped(
        self, stream: Stream, branch: Branch, record: dict[str, Any], line_number: int
    ) -> dict[str, Any] | None:
        """Return a record after the branch's stream map; None where it is not to be sent."""
        if branch.is_plain:
            return record
        mapped = _transformed(stream, branch, record, line_number)
        if mapped is not None and branch.builder.is_deleted(mapped):
            self._summary.count(deleted=1)
            return None
        return mapped

    def take_plain(self, stream: Stream, messages: Sequence[Line], taken: int) -> int:
        """Take the records of a stream that come next and need nothing but its one mapping.

        The first that needs more is for `take`.

        Args:
            stream: That they are of.
            messages: As they came.
            taken: How many of them were taken before.

        Returns:
            How many are taken now.
        """
        branch = stream.plain
        if branch is None:
            return taken
        records, raws = _plain_records(stream.origin.stream, messages, taken)
        count = self._drop_deleted(stream, branch, records, raws)
        if records:
            self._are_replays[stream.origin.stream] = False
            self._take_all(branch, records, raws)
        return taken + count

    def _drop_deleted(
        self, stream: Stream, branch: Branch, records: list[dict[str, Any]], raws: list[bytes]
    ) -> int:
        """Drop deleted rows out of records, and all from one on that lacks its key.

        Returns:
            How many there were before that one.
        """
        count, columns = len(records), set[str]().union(*records)
        is_marked, missing_key = stream.deletions.marks, branch.builder.missing_key
        are_whole = sum(map(len, records)) == len(columns) * count
        if are_whole and not (stream.deletions.may_mark(columns) or missing_key(columns)):
            return count
        kept = []
        for index, record in enumerate(records):
            if is_marked(record):
                continue
            if missing_key(record) is not None:
                count = index
                break
            kept.append(index)
        self._summary.count(deleted=count - len(kept))
        records[:] = [records[index] for index in kept]
        raws[:] = [raws[index] for index in kept]
        return count

    def _take_all(
        self, branch: Branch, records: Sequence[dict[str, Any]], raws: Sequence[bytes]
    ) -> None:
        entries, refused = branch.builder.entries(records, raws)
        source = self._source_of(branch, is_replay=False)
        source.segment.accepted += len(records)
        for raw, status in refused:
            self._delivery.refuse(source.segment, Reject(branch.origin, raw, status))
        if NOTHING in [entry.named_by for entry in entries]:
            self._warn_of_equal_rows(branch)
        self._delivery.add_all(entries, source)
        self._warn_of_columns(branch)

    def is_replay(self, stream: str) -> bool:
        """Tell whether all that came of a stream were rejects that are sent again."""
        return self._are_replays.get(stream, False)

    def _take(  # noqa: PLR0913, PLR0917 - what a record came with
        self,
        branch: Branch,
        record: dict[str, Any],
        message: Line,
        incoming: dict[str, Any],
        source: Source,
        rejected_at: str | None,
    ) -> None:
        source.segment.accepted += 1
        raw = bytes(message.record)
        try:
            entry = branch.builder.entry(record, raw, incoming, rejected_at)
        except RecordRefusedError as refusal:
            reject = Reject(branch.origin, raw, refusal.status)
            self._delivery.refuse(source.segment, reject)
            return
        if entry.named_by is NOTHING:
            self._warn_of_equal_rows(branch)
        self._delivery.add(entry, source)

    def _source_of(self, branch: Branch, *, is_replay: bool) -> Source:
        """Return where an entry comes from: mostly from where the one before it came."""
        source, segment = self._source, self._checkpoints.current
        if (
            source is None
            or source.segment is not segment
            or source.origin is not branch.origin
            or source.is_replay is not is_replay
        ):
            source = self._source = Source(branch.origin, segment, is_replay)
        return source

    def _warn_of_equal_rows(self, branch: Branch) -> None:
        """Warn once of each stream whose records need `equal_rows`."""
        name = branch.origin.name
        if name not in self._warned_of_rows and may_need_equal_rows(branch.builder.spec):
            self._warned_of_rows.add(name)
            logger.warning("%s", equal_rows_warning(name))

    def _warn_of_columns(self, branch: Branch) -> None:
        """Warn once of a stream whose records hold columns that its SCHEMA forbids."""
        columns, stream = branch.builder.left_out, branch.origin.name
        if not columns or stream in self._warned_of_columns:
            return
        self._warned_of_columns.add(stream)
        named = ", ".join(map(shown, columns[: LEFT_OUT_NAMED - 1]))
        more = " and others" if len(columns) >= LEFT_OUT_NAMED else ""
        logger.warning(
            "stream %s: its SCHEMA does not allow %s%s, which its records hold; such columns are "
            "not sent. Select them in the tap if they are to be",
            shown(stream),
            named,
            more,
        )


def _plain_records(
    stream: str, messages: Sequence[Line], taken: int
) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Return the records of a stream that come next, decoded and as they came."""
    records: list[dict[str, Any]] = []
    raws: list[bytes] = []
    with suppress(*UNREADABLE):
        for message in islice(messages, taken, None):
            if message.type != "RECORD" or message.stream != stream or message.code:
                break
            raw = bytes(message.record)
            record = decode_value(raw)
            if type(record) is not dict:
                break
            records.append(record)
            raws.append(raw)
    return records, raws


def _rejected_at(message: Line) -> str | None:
    """Return the moment of a reject that is sent again; None where it lost it."""
    moment = message.rejected_at
    return moment if isinstance(moment, str) else None


def _key_missing(key: str, stream: Stream, line_number: int) -> KeyMissingError:
    fault = (
        f"line {line_number} of the input: the RECORD lacks {shown(key)}, which is in the key of "
        f"stream {shown(stream.origin.stream)}; select the column in the tap, or name columns that "
        "tell its records apart in the rule's ledger_key"
    )
    return KeyMissingError(fault)


def _transformed(
    stream: Stream, branch: Branch, record: dict[str, Any], line_number: int
) -> dict[str, Any] | None:
    try:
        return branch.transform(record)
    except MapExpressionError as error:
        why = visible(str(error))
    except (RecursionError, *TRANSFORM_FAULTS) as error:
        why = type(error).__name__  # its text may hold the value it stumbled upon
    fault = (
        f"line {line_number} of the input: a stream map of {shown(stream.origin.stream)} fails "
        f"({why}); fix it under stream_maps"
    )
    raise InputError(fault)
