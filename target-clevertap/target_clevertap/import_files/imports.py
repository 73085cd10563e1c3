"""Delivery into files: what a run uses in place of requests."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from target_clevertap.closing import close_all
from target_clevertap.errors import StoppedError
from target_clevertap.import_files.planning import rows_in_file
from target_clevertap.import_files.settlement import part
from target_clevertap.records.errors import RecordRefusedError
from target_clevertap.records.record_status import DELIVERED, RecordStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from target_clevertap.import_files.cells import RowMaker
    from target_clevertap.import_files.figures import FileFigures
    from target_clevertap.import_files.publication import Publisher
    from target_clevertap.import_files.spool import FileSpool
    from target_clevertap.ledger.ledger import Ledger
    from target_clevertap.records.entries import Entry

logger = logging.getLogger("target-clevertap")


class FileImports:
    """Takes batches into the spool, and publishes files of them.

    - `take` and `hold_state` may be called from any thread. Only one works on the spool at a time.
    - A state waits until all records that were in the spool when it came are published.
    """

    def __init__(
        self,
        maker: RowMaker,
        spool: FileSpool,
        publisher: Publisher,
        ledger: Ledger | None,
        figures: FileFigures,
    ) -> None:
        """Take nothing yet.

        Args:
            maker: Makes rows of records.
            spool: Open, and in line with the ledger.
            publisher: Of the spool.
            ledger: Of the run.
            figures: That count the files.
        """
        self.figures = figures
        self._maker = maker
        self._spool = spool
        self._publisher = publisher
        self._ledger = ledger
        self._state: bytes | None = None
        self._put_state: Callable[[bytes], None] = _put_nowhere
        self._is_over = False
        self._lock = threading.Lock()

    @property
    def folder(self) -> Path:
        """Where files are made."""
        return self._publisher.folder

    def begin(self, put_state: Callable[[bytes], None], check: Callable[[], None]) -> None:
        """Publish what a run left half published.

        Args:
            put_state: Has a state written.
            check: Raises when a signal wants the run to end.

        Raises:
            UploadStopped: As `Publisher.publish`.
        """
        self._put_state = put_state
        with self._lock:
            self._publisher.resume(check)

    def hold_state(self, state: bytes) -> None:
        """Keep a state, all before which is in the spool; it does not wait."""
        self._state = state

    def take(self, entries: Sequence[Entry]) -> list[RecordStatus]:
        """Take records into the spool, and return what became of each.

        Args:
            entries: In their order.

        Raises:
            StoppedError: When the run has ended.
            UploadStopped: When the disk does not take them.
        """
        statuses, records, names = [], [], []
        most_bytes = self._publisher.most_bytes
        for entry in entries:
            try:
                records.append(rows_in_file(self._maker, entry.payload, most_bytes))
            except RecordRefusedError as refusal:
                statuses.append(refusal.status)
                continue
            names.append(entry.name or b"")
            statuses.append(DELIVERED)
        with self._lock:
            self._check_running()
            if records:
                self._spool.add(records, b"".join(names))
            self.figures.count_empty(sum(each.empty for each in records))
            if self._spool.size >= most_bytes:
                self._publish(self._check_running)
        return statuses

    def publish(self, check: Callable[[], None]) -> None:
        """Publish all records at the end of the input, and let the newest state go.

        Args:
            check: Raises when a signal wants the run to end.

        Raises:
            UploadStopped: As `Publisher.publish`.
        """
        with self._lock:
            self._publish(check)
            part(self._spool, self._ledger)
        if empty := self.figures.empty:
            logger.warning(
                "%d empty texts were left out of events: a file cannot tell them from none", empty
            )

    def close(self) -> None:
        """Take nothing more; a publication under way is left to the next run."""
        self._is_over = True
        if self._lock.acquire(blocking=False):
            try:
                close_all(self._spool, self._publisher.destination)
            finally:
                self._lock.release()

    def _publish(self, check: Callable[[], None]) -> None:
        state = self._state  # all before it is in the spool
        self._publisher.publish(check)
        if state is not None:
            self._put_state(state)
            if self._state is state:
                self._state = None

    def _check_running(self) -> None:
        if self._is_over:
            raise StoppedError


def _put_nowhere(state: bytes) -> None:
    """Have no state written: the run has not begun."""
