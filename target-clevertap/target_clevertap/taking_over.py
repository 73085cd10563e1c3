"""Taking over: the records that another tool delivered go into the ledger, and nothing is sent.

Such a run writes no state. The next run gets the same records again, knows those in the ledger, and
sends the others. So a row that was left out, by a filter for example, is not lost.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from typing_extensions import override

from target_clevertap import private_files
from target_clevertap._plugin.account import binding
from target_clevertap.delivery.delivery import Delivery
from target_clevertap.dry_run.client import LocalClient
from target_clevertap.dry_run.refusals import CountedRefusals
from target_clevertap.records.record_status import DELIVERED
from target_clevertap.run_log import RunLog
from target_clevertap.run_parts import RunParts, open_ledger

if TYPE_CHECKING:
    from collections.abc import Sequence

    from target_clevertap.config.settings import RunSettings
    from target_clevertap.records.entries import Entry
    from target_clevertap.records.record_status import RecordStatus
    from target_clevertap.run import Run

logger = logging.getLogger("target-clevertap")

STARTS = (
    "already_delivered: records go into the ledger as delivered by another tool; nothing is sent, "
    "and no state or rejects file is written; unset it for the run that sends the others"
)
ENDS = (
    "already_delivered: %d records came, %d are noted as delivered, %d were known, %d refused and "
    "%d left out"
)
NOT_NOTED = (
    "already_delivered: %d of them have no name in the ledger, and come again: profiles, without "
    "`changes_only: true` in their rule, or records of a stream that needs no ledger"
)


class NotedDeliveries:
    """Takes records in place of requests; may be used from any thread."""

    def __init__(self) -> None:
        """Take nothing yet."""
        self.nameless = 0
        """How many records the ledger cannot know."""

        self._lock = threading.Lock()

    def take(self, entries: Sequence[Entry]) -> list[RecordStatus]:
        """Return that each record was delivered."""
        nameless = sum(entry.name is None and entry.change is None for entry in entries)
        with self._lock:
            self.nameless += nameless
        return [DELIVERED] * len(entries)


class TakingOverLog(RunLog):
    """Logs that nothing is sent, and what the ledger knows then."""

    def __init__(self, noted: NotedDeliveries, refusals: CountedRefusals) -> None:
        """Say nothing yet.

        Args:
            noted: What was taken.
            refusals: What our own checks refuse.
        """
        self._noted = noted
        self._refusals = refusals

    @override
    def started(self, run: Run) -> None:
        super().started(run)
        logger.warning(STARTS)

    @override
    def ended(self, run: Run) -> None:
        total = run.summary.total
        left_out = sum(total.not_sent.values())
        known, refused = total.already_delivered, total.rejects
        logger.info(ENDS, total.received, total.delivered, known, refused, left_out)
        if self._noted.nameless:
            logger.warning(NOT_NOTED, self._noted.nameless)
        for (stream, code, reason), count in sorted(self._refusals.counts.items(), key=str):
            logger.warning("%s: %d records refused, %s: %s", stream, count, code, reason)

    @override
    def too_many_rejects(self, run: Run, most: int) -> str:
        return (
            f"already_delivered: {run.summary.rejects} records would be refused, more than "
            f"max_rejects ({most}), and are not noted; correct them or the rule under streams, or "
            "allow them with max_rejects"
        )


def taking_over_parts(settings: RunSettings) -> RunParts:
    """Return what a run uses that notes deliveries of another tool.

    - Its client could send nothing, whatever came to it.
    - It reads on where all is refused: nothing can be lost.

    Raises:
        SettingError: When the ledger cannot be used.
    """
    account = binding(settings.account_id, settings.url)
    path = private_files.absolute(settings.rejects_path, "rejects_path")
    refusals = CountedRefusals(path, shows_values=False)
    settings = replace(settings, files=None)
    noted = NotedDeliveries()
    return RunParts(
        # what was on its way when an earlier such run was killed is noted now
        settings=replace(settings, stops_when_all_rejected=False, resends_uncertain=True),
        account=account,
        client=LocalClient(
            settings.url, settings.account_id, settings.passcode, settings.request_timeout
        ),
        rejects=refusals,
        deletes=None,
        ledger=open_ledger(settings, refusals, account),
        log=TakingOverLog(noted, refusals),
        make_delivery=Delivery,
        write_state=_drop,
        take=noted.take,
    )


def _drop(state: bytes) -> None:
    """Write no state: what was not noted is to come again."""
