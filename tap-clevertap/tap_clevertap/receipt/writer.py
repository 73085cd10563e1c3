"""Write the receipt at the end of a run, however it ends."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from tap_clevertap._plugin.result_file import ResultFile
from tap_clevertap.api.request_counts import RequestCounts
from tap_clevertap.config.file_paths import files_kept
from tap_clevertap.config.schema import DEFAULTS
from tap_clevertap.receipt.receipt import Receipt, ReceiptSum
from tap_clevertap.receipt.report import COMPLETE, GAP, RunFacts, receipt_json

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable, Mapping
    from typing import Any


SETTING = "receipt_path"


class ReceiptWriter:
    """Logs the sum of a run, and writes its receipt.

    - `check` is called at the start of a run; `end` or `end_complete` at its end.
    - After a signal another thread may call `end`; only the first call has an effect.
    - It uses the settings as they are configured: a run ends with a receipt also if they are wrong.

    Args:
        config: The settings, as the SDK has them.
        logger: The tap's.
    """

    def __init__(self, config: Mapping[str, Any], logger: logging.Logger) -> None:
        self._config = config
        self._logger = logger
        path = config.get(SETTING)
        self._file = ResultFile(SETTING, path) if isinstance(path, str) and path else None
        self._started_at = _now()
        self._started = time.monotonic()
        self._turn = threading.Lock()
        self.receipt = Receipt()
        """What the run reads; the streams fill it."""
        self.requests = RequestCounts()
        """The client fills it."""

    def check(self, given: Iterable[tuple[str, str]]) -> None:
        """Find out whether the receipt can be written; if it cannot, none is.

        Args:
            given: Name and path of each file on the command line.

        Raises:
            SettingError: With the reason.
        """
        file, self._file = self._file, None
        if file is not None:
            file.check(files_kept(self._config, given))
            self._file = file

    def end_complete(self) -> None:
        """Do as `end` for a run that read everything."""
        self.end(GAP if self.receipt.has_gap else COMPLETE)

    def end(self, status: str) -> None:
        """Log the sum, and write the receipt.

        Args:
            status: Of the run.
        """
        if not self._turn.acquire(blocking=False):
            return
        try:
            self.receipt.finish()
            self._log_replaced()
            self._log_sum()  # first, as the file may not be written
            self._write(status)
        except (OSError, MemoryError) as failure:
            # The state and the exit status of the run are true without it.
            reason = getattr(failure, "strerror", None) or "there is not enough memory"
            message = (
                f"{SETTING}: %s cannot be written (%s), so this run has no receipt, and a receipt "
                "there is of an earlier run; free space, or set another path"
            )
            self._logger.error(message, self._file, reason)  # noqa: TRY400 - one line

    def _write(self, status: str) -> None:
        if self._file is None:
            return
        facts = RunFacts(
            status=status,
            account_id=str(self._config.get("account_id") or ""),
            timezone=str(self._config.get("timezone") or DEFAULTS["timezone"]),
            started_at=self._started_at,
            finished_at=_now(),
            seconds=round(time.monotonic() - self._started, 3),
            absent_users=dict(sorted(self.receipt.absent_users.items())),
            requests=self.requests.by_kind(),
            files=self.receipt.files,
            inbox=self.receipt.inbox,
            replaced_text=dict(sorted(self.receipt.replaced_text.items())),
        )
        if self._file.is_page:
            from tap_clevertap.receipt.page import receipt_page  # noqa: PLC0415 - rarely needed

            self._file.write(receipt_page(self.receipt.events, facts))
        else:
            self._file.write(receipt_json(self.receipt.events, facts))

    def _log_replaced(self) -> None:
        message = (
            "%s: records with U+FFFD in their text: %d; it replaces what was not UTF-8, here or "
            "before; compare them with the source"
        )
        for stream, count in sorted(self.receipt.replaced_text.items()):
            self._logger.warning(message, stream, count)

    def _log_sum(self) -> None:
        if not self.receipt.events:
            return
        found = ReceiptSum.of(self.receipt.events)
        message = "receipt: %d events, %d rows, %d days closed, %d of them proved, %d with a gap"
        self._logger.info(
            message, found.events, found.rows, found.closed_days, found.proved_days, found.gaps
        )


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
