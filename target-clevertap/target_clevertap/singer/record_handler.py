"""Taking records in: through stream maps and rules into the delivery, or to the rejects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from target_clevertap._plugin.shown import shown
from target_clevertap.delivery.lanes import Source
from target_clevertap.errors import InputError, KeyMissingError
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.rejects.reject import Reject
from target_clevertap.singer.absent_columns import AbsentColumns
from target_clevertap.singer.held_back import HeldBack
from target_clevertap.singer.mapped_records import deleted_record, mapped_record
from target_clevertap.singer.not_transferable import NotTransferable
from target_clevertap.singer.plain_records import from_messages, from_rows, next_rows, plain_records
from target_clevertap.singer.record_warnings import RecordWarnings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_clevertap.delivery.checkpoints import Checkpoints
    from target_clevertap.delivery.delivery import Delivery
    from target_clevertap.delivery.summary import Summary
    from target_clevertap.records.endpoints import RecordEndpoint
    from target_clevertap.records.entries import Entry
    from target_clevertap.singer.batch_columns import ListedColumns
    from target_clevertap.singer.lines import Line
    from target_clevertap.singer.place import InputPlace
    from target_clevertap.singer.plain_records import PlainRecords
    from target_clevertap.singer.streams import Branch, Stream


class Arrived(NamedTuple):
    """A record as it came in."""

    message: Line
    record: dict[str, Any]
    rejected_at: str | None
    """When it was rejected, if it comes out of the rejects file."""


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
        self._warnings = RecordWarnings()
        self._held_back = HeldBack(summary, self._warnings)
        self.not_transferable = NotTransferable(summary)
        """Counts what of an export cannot be uploaded."""

        self.absent_columns = AbsentColumns()
        """Knows what no record had."""

        self._are_replays: dict[str, bool] = {}
        self._source: Source | None = None

    def take(self, stream: Stream, message: Line, record: Any, place: InputPlace) -> None:  # noqa: ANN401 - any JSON value
        """Take a RECORD message.

        Args:
            stream: That it is of.
            message: As it came.
            record: In the message, decoded.
            place: Where the message is.

        Raises:
            InputError: When it holds no record, or a stream map fails on it.
        """
        if not isinstance(record, dict):
            fault = f"{place}: the RECORD has no object in `record`; fix the tap that wrote it"
            raise InputError(fault)
        # by the row as it came: a stream map may drop the mark, or fail on a row of nulls
        is_deleted = stream.deletions.marks(record)
        if is_deleted and stream.branches and not stream.deletes_users:
            self._summary.count_left_out(stream.branches[0].origin.name, "deleted")
            return
        rejected_at = self._note_replay(stream, message)
        branches = stream.branches
        if not branches:
            self._summary.count_left_out(stream.origin.name, "filtered")
        if message.is_replay:
            branches = stream.replay_branches(message.stream_alias)
        arrived = Arrived(message, record, rejected_at)
        for branch in branches:
            if is_deleted:
                mapped = deleted_record(stream, branch, record, place)
                self._take_deleted(branch, mapped, arrived)
            else:
                self._take_mapped(stream, branch, arrived, place)

    def _take_mapped(
        self, stream: Stream, branch: Branch, arrived: Arrived, place: InputPlace
    ) -> None:
        mapped = self._mapped(stream, branch, arrived.record, place)
        if mapped is None:
            return
        if not branch.is_plain and branch.builder.is_deleted(mapped):
            self._take_deleted(branch, mapped, arrived)
            return
        if self._held_back.holds(branch, mapped) or self.not_transferable.holds(branch, mapped):
            return
        key = branch.builder.missing_key(mapped)
        if key is not None:
            raise _key_missing(key, stream, place)
        self.absent_columns.note(branch, [mapped])
        source = self._source_of(branch, arrived.message)
        self._take(branch, source, arrived, branch.builder.entry, mapped)

    def _take_deleted(
        self, branch: Branch, mapped: dict[str, Any] | None, arrived: Arrived
    ) -> None:
        """Take a row that was deleted at the source: its user is deleted, or it is left out."""
        deletions = branch.builder.row_deletions
        if mapped is None or deletions is None:
            self._summary.count_left_out(branch.origin.name, "deleted")
            return
        # of users consent does not matter: their source no longer has them
        is_request = branch.builder.endpoint is deletions.endpoint
        if is_request and self._held_back.holds(branch, mapped):
            return
        source = self._source_of(branch, arrived.message, deletions.endpoint)
        self._take(branch, source, arrived, deletions.entry, mapped)

    def _note_replay(self, stream: Stream, message: Line) -> str | None:
        """Note whether a stream has come only as rejects; return the moment of this reject."""
        rejected_at = _rejected_at(message) if message.is_replay else None
        name = stream.origin.stream
        if rejected_at is None or name not in self._are_replays:
            self._are_replays[name] = rejected_at is not None
        return rejected_at

    def _mapped(
        self, stream: Stream, branch: Branch, record: dict[str, Any], place: InputPlace
    ) -> dict[str, Any] | None:
        """Return a record after the branch's stream map; None where it is not to be sent."""
        if branch.is_plain:
            return record
        mapped = mapped_record(stream, branch, record, place)
        if mapped is None:
            self._summary.count_left_out(branch.origin.name, "filtered")
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
        if stream.plain is None:
            return taken
        name = stream.origin.stream
        if stream.plain.changes is not None:
            return taken + self._take_changed(stream, next_rows(name, messages, taken))
        return taken + self._take_found(stream, from_messages(name, messages, taken))

    def take_rows(
        self, stream: Stream, rows: Sequence[bytes], taken: int, listed: ListedColumns
    ) -> int:
        """Take the rows of a batch file that come next, as `take_plain` takes messages.

        Args:
            stream: That they are of.
            rows: As they came, without white space around them.
            taken: How many of them were taken before.
            listed: Leaves out columns that are not sent.

        Returns:
            How many are taken now.
        """
        if stream.plain is None:
            return taken
        if stream.plain.changes is not None:
            return taken + self._take_changed(stream, rows[taken:], listed)
        return taken + self._take_found(stream, listed.of_rows(from_rows(rows, taken)))

    def _take_changed(
        self, stream: Stream, rows: Sequence[bytes], listed: ListedColumns | None = None
    ) -> int:
        """Take rows, of which only those are read that are not as they were delivered before."""
        branch = stream.plain
        assert branch is not None  # noqa: S101 - the callers have looked
        assert branch.changes is not None  # noqa: S101 - likewise
        if branch.changes.expects_few:
            self._delivery.expect_few()
        delivered = branch.changes.is_delivered(rows)
        others = [place for place, is_old in enumerate(delivered) if not is_old]
        found = from_rows([rows[place] for place in others], 0)
        taken = self._take_found(stream, found if listed is None else listed.of_rows(found))
        end = others[taken] if taken < len(others) else len(rows)
        self._delivery.pass_over(branch.origin.name, end - taken)
        if end:
            self._are_replays[stream.origin.stream] = False
        return end

    def _take_found(self, stream: Stream, decoded: PlainRecords) -> int:
        """Take plain records; return how many messages or rows these were."""
        branch = stream.plain
        assert branch is not None  # noqa: S101 - the callers have looked
        found = plain_records(
            *(decoded, stream.deletions, branch.builder.missing_key),
            are_deleted_left_out=branch.builder.row_deletions is None,
        )
        if found.deleted:
            self._summary.count_left_out(branch.origin.name, "deleted", found.deleted)
        if found.records:
            self._are_replays[stream.origin.stream] = False
            sent = self._held_back.without(branch, found)
            self._take_all(branch, self.not_transferable.without(branch, sent))
        return found.messages

    def _take_all(self, branch: Branch, found: PlainRecords) -> None:
        self.absent_columns.note(branch, found.records)
        entries, refused = branch.builder.entries(found.records, found.raws)
        sent: Sequence[Entry] = entries
        if branch.changes is not None:
            sent = branch.changes.accepted(entries, is_plain=True)
            branch.changes.refuse_rows(raw for raw, _ in refused)
            self._delivery.pass_over(branch.origin.name, len(entries) - len(sent))
        source = self._source_of(branch)
        self._expect(branch, source, len(refused) + len(sent))
        for raw, status in refused:
            self._delivery.refuse(source.segment, Reject(branch.origin, raw, status))
        self._note(branch, entries)
        self._delivery.add_all(sent, source)

    def _expect(self, branch: Branch, source: Source, records: int) -> None:
        source.segment.accepted += records
        self._summary.count_received(branch.origin.name, records)

    def _note(self, branch: Branch, entries: Sequence[Entry]) -> None:
        """Warn of what entries show, and count the values that were fixed for them."""
        self._warnings.warn(branch, entries)
        if fixes := branch.builder.fixes:
            self._summary.count_fixed(branch.origin.name, fixes)
            fixes.clear()

    def is_replay(self, stream: str) -> bool:
        """Tell whether all that came of a stream were rejects that are sent again."""
        return self._are_replays.get(stream, False)

    def _take(
        self,
        branch: Branch,
        source: Source,
        arrived: Arrived,
        build: Callable[..., Entry],
        mapped: dict[str, Any],
    ) -> None:
        raw = bytes(arrived.message.record)
        try:
            entry = build(mapped, raw, arrived.record, arrived.rejected_at)
        except RecordRefusedError as refusal:
            if branch.changes is not None:
                branch.changes.refuse(mapped)
            self._expect(branch, source, 1)
            reject = Reject(branch.origin, raw, refusal.status)
            self._delivery.refuse(source.segment, reject)
            self._note(branch, ())
            return
        self._note(branch, [entry])
        sent = [entry]
        if branch.changes is not None:
            sent = branch.changes.accepted(sent, is_replay=source.is_replay)
            self._delivery.pass_over(branch.origin.name, 1 - len(sent))
        self._expect(branch, source, len(sent))
        self._delivery.add_all(sent, source)

    def _source_of(
        self, branch: Branch, message: Line | None = None, endpoint: RecordEndpoint | None = None
    ) -> Source:
        """Return where an entry comes from: mostly from where the one before it came."""
        source, segment = self._source, self._checkpoints.current
        endpoint = endpoint or branch.builder.endpoint
        is_replay = message is not None and message.is_replay
        is_doubtful = message is not None and message.is_doubtful
        if (
            source is None
            or source.segment is not segment
            or source.origin is not branch.origin
            or source.is_replay is not is_replay
            or source.is_doubtful is not is_doubtful
            or source.endpoint is not endpoint
        ):
            source = self._source = Source(branch.origin, segment, is_replay, endpoint, is_doubtful)
        return source


def _rejected_at(message: Line) -> str | None:
    """Return the moment of a reject that is sent again; None where it lost it."""
    moment = message.rejected_at
    return moment if isinstance(moment, str) else None


def _key_missing(key: str, stream: Stream, place: InputPlace) -> KeyMissingError:
    fault = (
        f"{place}: the RECORD lacks {shown(key)}, which is in the key of "
        f"stream {shown(stream.origin.stream)}; select the column in the tap, or name columns that "
        "tell its records apart in the rule's ledger_key"
    )
    return KeyMissingError(fault)
