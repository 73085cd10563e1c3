"""The base of streams that encode their records themselves, some at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from tap_clevertap.exports.export import EVENTS
from tap_clevertap.progress.figures import Figures
from tap_clevertap.records.exact_json import decode_record
from tap_clevertap.streams.optional import OptionalStream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from singer_sdk.helpers.types import Context, Record

    from tap_clevertap.records.lines import Lines


class LineStream(OptionalStream):
    """Writes lines as they are encoded, where the SDK would not change them.

    With stream maps, deselected columns or a record limit they are decoded, and the SDK handles
    record by record.
    """

    endpoint = EVENTS
    """Of the base; no export is opened."""

    @override
    def events_read_before(self) -> set[str]:
        return set()

    @override
    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[Record, Any, None]:
        if not (write_messages and self._is_plain()):
            yield from super()._sync_records(context, write_messages=write_messages)
            return
        with (
            self.get_record_counter() as counter,
            self.get_sync_timer(),
            self._write_state_on_failure(),
        ):
            for lines in self._lines(messages=self._batches is None):
                for some in lines.parts(self._batches.batch_size) if self._batches else [lines]:
                    self._write_lines(some)
                counter.increment(len(lines))
                self._stop_if_requested()
        self._write_state_message()

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        for lines in self._lines(messages=False):
            for line in lines.content.splitlines():
                yield decode_record(line)
                self._stop_if_requested()

    def _lines(self, *, messages: bool) -> Iterator[Lines]:
        """Yield all lines; the bookmark moves when what follows them is asked for.

        Args:
            messages: Whether each is a RECORD message, or the record alone.
        """
        raise NotImplementedError

    def _rows_figures(self) -> Figures:
        rows = self._rows.total if self._rows is not None else 0
        return Figures(self.name, rows)

    def _mark_bookmark_moved(self) -> None:
        """Note that the state is another; it is written soon."""
        self._state_cadence.mark_changed()
        self.state_manager.is_flushed = False
