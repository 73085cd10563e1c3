"""Writing a batch's result down, in the order in which a kill does no harm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_clevertap.file_locks import go_on

if TYPE_CHECKING:
    from collections.abc import Callable

    from target_clevertap.delivery.batch_result import BatchResult
    from target_clevertap.delivery.checkpoints import Checkpoints
    from target_clevertap.delivery.summary import Summary
    from target_clevertap.ledger.ledger import Ledger
    from target_clevertap.rejects.file import RejectsFile


@dataclass(frozen=True, slots=True)
class ResultWriter:
    """Writes results; may be used from any thread, as each of its parts has a lock."""

    rejects: RejectsFile
    ledger: Ledger | None
    summary: Summary
    checkpoints: Checkpoints

    def write(self, result: BatchResult, check: Callable[[], None] = go_on) -> None:
        """Write rejects, then names that are held, and only then let a state pass the records.

        Args:
            result: Of the batch.
            check: Called while another process has the rejects file locked; raises to give up.

        Raises:
            StoppedError: When the run ends before that file is free.
            UploadStopped: When a disk does not take it.
        """
        if result.rejects:
            self.rejects.append(result.rejects, check)
        if result.held and result.claim is not None and self.ledger is not None:
            self.ledger.settle(result.claim, held=result.held)
        self._count(result)
        self.checkpoints.settle(result.segments)

    def _count(self, result: BatchResult) -> None:
        summary = self.summary
        summary.count_delivered(result.delivered_by)
        if result.already_delivered_by:
            summary.count_already_delivered(result.already_delivered_by)
        if result.not_sent:
            summary.count_not_sent(result.not_sent)
        if result.rejects:
            summary.count_rejects(
                (reject.origin.name, reject.status.code) for reject in result.rejects
            )
