"""Writing the report at the end of a run, however it ends."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from target_clevertap._http.hosts import base_url
from target_clevertap._plugin.result_file import ResultFile
from target_clevertap.config.files import files_kept
from target_clevertap.delivery.summary import Summary
from target_clevertap.errors import Interrupted, SettingError, TooManyRejects
from target_clevertap.report.figures import RequestTotals
from target_clevertap.report.report import (
    COMPLETE,
    FAILED,
    INTERRUPTED,
    REJECTS,
    ReportFacts,
    report_json,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from typing_extensions import Self

SETTING = "report_path"
logger = logging.getLogger("target-clevertap")


class ReportWriter:
    """Writes the report of a run.

    - It is a context of the run: what ends the run ends the context.
    - `configure` is called before input is read.
    - It uses the settings as they are configured: a run ends with a report also if they are wrong.
    """

    def __init__(self) -> None:
        """Begin the clock; without settings there is no report."""
        self._config: Mapping[str, Any] = {}
        self._file: ResultFile | None = None
        self._started_at = _now()
        self._started = time.monotonic()
        self.summary = Summary()
        """What the run counts; it may set another."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._end(error)

    def configure(self, config: Mapping[str, Any], given: Iterable[str] = ()) -> None:
        """Take the settings, not yet checked, and find out whether the report can be written.

        Args:
            config: The settings.
            given: Paths of files on the command line.

        Raises:
            SettingError: When no report can be written; then none is.
        """
        self._config, self._file = config, None
        path = config.get(SETTING)
        if isinstance(path, str) and path.strip():
            file = ResultFile(SETTING, path)
            file.check([*(("--config", each) for each in given), *files_kept(config)])
            self._file = file

    def _end(self, error: BaseException | None) -> None:
        if self._file is None:
            return
        try:
            self._write(self._file, _status(error))
        except (OSError, MemoryError) as failure:
            # the state and the exit status of the run are true without it
            reason = getattr(failure, "strerror", None) or "there is not enough memory"
            message = (
                f"{SETTING}: %s cannot be written (%s), so this run has no report, and a report "
                "there is of an earlier run; free space, or set another path"
            )
            logger.error(message, self._file, reason)  # noqa: TRY400 - one line

    def _write(self, file: ResultFile, status: str) -> None:
        facts = self._facts(status)
        if file.is_page:
            from target_clevertap.report.page import report_page  # noqa: PLC0415 - rarely needed

            file.write(report_page(facts))
        else:
            file.write(report_json(facts))

    def _facts(self, status: str) -> ReportFacts:
        config, summary = self._config, self.summary
        dry_run = str(config.get("dry_run") or "off")
        return ReportFacts(
            status=status,
            dry_run=dry_run,
            account_id=str(config.get("account_id") or ""),
            host=_host(config),
            region=None if config.get("api_url") else str(config.get("region") or ""),
            started_at=self._started_at,
            finished_at=_now(),
            seconds=round(time.monotonic() - self._started, 3),
            streams=summary.streams,
            total=summary.total,
            retries=summary.retries,
            # a local dry run sends none, though its records go the same way
            figures=RequestTotals() if dry_run == "local" else summary.requests.now(),
            files=summary.files,
            already_delivered=bool(config.get("already_delivered")),
        )


def _status(error: BaseException | None) -> str:
    if error is None:
        return COMPLETE
    if isinstance(error, TooManyRejects):
        return REJECTS
    return INTERRUPTED if isinstance(error, Interrupted) else FAILED


def _host(config: Mapping[str, Any]) -> str:
    """Return the host that requests go to; empty text where a setting is wrong."""
    try:
        return urlsplit(base_url(config["region"], config.get("api_url"))).netloc
    except (KeyError, TypeError, ValueError, SettingError):
        return ""


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
