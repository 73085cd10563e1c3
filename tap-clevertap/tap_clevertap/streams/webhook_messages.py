"""What CleverTap pushed, from the inbox that `tap-clevertap receive` fills."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, ClassVar

from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from typing_extensions import override

from tap_clevertap.inbox.bookmark import InboxBookmark
from tap_clevertap.inbox.messages import read_message
from tap_clevertap.inbox.store import now_ms
from tap_clevertap.records.exact_json import encode_json
from tap_clevertap.records.lines import RECORD_ALONE, Lines, record_message
from tap_clevertap.streams.line_stream import LineStream
from tap_clevertap.streams.pushed_schemas import PUSHED_SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tap_clevertap.inbox.store import Inbox, InboxMessage
    from tap_clevertap.receipt.inbox import InboxResult

MESSAGES_AT_A_TIME = 300
RECORDS_AT_A_TIME = 500
DAY_MS = 86_400_000


class WebhookMessages(LineStream):
    """Messages that CleverTap pushed: a record for each of their profiles.

    - A run reads the messages that there are at its start; a receiver may write meanwhile.
    - A message counts as read once all of its records were written.
    - What the state of a run proves as delivered may be forgotten, as `inbox_days` says.
    - Everything runs in the main thread.
    """

    name = reads = "webhook_messages"
    primary_keys: ClassVar[tuple[str, ...]] = ("message_key",)
    replication_key = "received_at"
    schema = PUSHED_SCHEMAS[name]

    @override
    def check_settings(self) -> None:
        self._run.inbox.check_writable()

    @override
    def _lines(self, *, messages: bool) -> Iterator[Lines]:
        self._select_events()
        self._run.progress.figures = self._rows_figures
        with closing(self._run.inbox) as inbox:
            bookmark = self._begin(inbox)
            last = inbox.last_id
            while some := _next(inbox, bookmark.message, last):
                self._warn_of_gone(some[0].id - 1 - bookmark.message)
                yield from self._encoded(some, messages=messages)
                bookmark.take(some[-1])
                self._mark_bookmark_moved()
                if self._state_cadence.is_due(has_batches=self._batches is not None):
                    self._write_state_message()
            self._warn_of_gone(min(inbox.forgotten, last) - bookmark.message)
        self._report()

    def _begin(self, inbox: Inbox) -> InboxBookmark:
        """Return the place in the inbox, after what an earlier run delivered may be forgotten."""
        again = self.replication_method == REPLICATION_FULL_TABLE
        bookmark = InboxBookmark(self.stream_state, inbox, again=again)
        self._result.was_read = True
        self._mark_bookmark_moved()
        if bookmark.doubt:
            self.logger.warning("inbox_path: %s", bookmark.doubt)
        if self.ABORT_AT_RECORD_COUNT is None:  # not for a test of the connection
            inbox.note_read(bookmark.delivered)
            if days := self._run.settings.inbox.days:
                read_by = now_ms() - days * DAY_MS
                forgotten = inbox.forget(read_by, delivered=bookmark.delivered)
                self._result.forgotten += forgotten
        return bookmark

    def _warn_of_gone(self, number: int) -> None:
        """Tell of ids that were left out: there are no others, so another pipeline forgot them."""
        if number > 0:
            self._result.gone += number
            message = "%s: %d messages were forgotten before this state had them, and are gone"
            self.logger.warning(message, self.name, number)

    def _encoded(self, some: Sequence[InboxMessage], *, messages: bool) -> Iterator[Lines]:
        """Yield the lines of the records of some messages."""
        before, after = record_message(self.name) if messages else RECORD_ALONE
        waiting: list[bytes] = []
        for message in some:
            found = read_message(message)
            self._result.take(found)
            for record in found.records:
                waiting.append(before + encode_json(record) + after)
                if len(waiting) == RECORDS_AT_A_TIME:
                    yield self._taken(waiting)
        if waiting:
            yield self._taken(waiting)

    def _taken(self, waiting: list[bytes]) -> Lines:
        lines = Lines.of(waiting)
        waiting.clear()
        self._result.records += len(lines)
        return lines

    @property
    def _result(self) -> InboxResult:
        return self._run.receipt.inbox

    def _report(self) -> None:
        found = self._result
        message = "%s: %d records of %d messages; %d are tests, %d are no JSON object"
        figures = (found.records, found.messages, found.tests, found.unparsed)
        self.logger.info(message, self.name, *figures)
        if found.forgotten:
            self.logger.info("%s: %d messages were forgotten", self.name, found.forgotten)


def _next(inbox: Inbox, after: int, last: int) -> list[InboxMessage]:
    """Return the next messages, up to the last one of a run."""
    found = inbox.messages_after(after, MESSAGES_AT_A_TIME)
    return [message for message in found if message.id <= last]
