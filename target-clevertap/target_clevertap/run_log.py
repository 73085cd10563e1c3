"""What a run logs of itself: where its files are, and what is missing at its end."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import shown, visible

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from target_clevertap.ledger.ledger import Ledger
    from target_clevertap.run import Run

logger = logging.getLogger("target-clevertap")

BOUND = (
    "the ledger %s was filled by an earlier release, which did not note for which account: from "
    "now on its deliveries count as those of this account and host. If they were another's, or the "
    "emulator's, stop this run and give this account a ledger_path of its own: rows that were "
    "delivered there would not be sent here"
)
LOOK = (
    "see why with `target-clevertap rejects summary`, correct them, and send them with "
    "`rejects replay`"
)


class RunLog:
    """What a run logs at its start and end."""

    def started(self, run: Run) -> None:
        """Log where rejects and ledger are, so that nobody leaves them in a container."""
        logger.info("rejects go to %s", run.rejects.path)
        logger.info("the ledger is %s", _described(run.ledger) if run.ledger else "off")
        if run.files is not None:
            logger.info("files go to %s", run.files.folder)
        if run.deletes is not None:
            logger.info("receipts of deletions go to %s", run.deletes.path)
        if run.ledger is not None and run.ledger.is_bound:
            logger.warning(BOUND, run.ledger.path)
        if run.replayed is not None:
            logger.info("the input is the rejects file, which is now %s", run.replayed)

    def ended(self, run: Run) -> None:
        """Log what became of the records."""
        logger.info("%s", run.summary)

    def too_many_rejects(self, run: Run, most: int) -> str:
        """Return the message for a run with more rejects than `max_rejects`."""
        return (
            f"{run.summary.rejects} records were added to {visible(str(run.rejects.path))}, "
            f"more than max_rejects ({most}); {_rest_of(run)}"
        )


def log_what_is_missing(
    run: Run, *, rules: Iterable[str], seen: AbstractSet[str], came: Iterable[str]
) -> None:
    """Log what was not transferable or not sent again, and columns and streams that never came.

    Args:
        run: At its end.
        rules: Names of streams that have a rule.
        seen: Names of the streams that came, after stream maps.
        came: Names of the streams that came, as they came.
    """
    for line in run.record_handler.not_transferable.described():
        logger.info("%s", line)
    for line in run.record_handler.absent_columns.described():
        logger.warning("%s", line)
    if unsent := run.replay.unsent:
        logger.warning(
            "%d rejects in %s did not come with this input and were not sent again; send them "
            "from there",
            unsent,
            run.replay.aside,
        )
    if missed := sorted(set(rules) - seen):
        logger.warning(
            "no stream came for the rules of %s; the streams that came: %s",
            ", ".join(map(shown, missed)),
            ", ".join(map(shown, sorted(came))) or "none",
        )


def _rest_of(run: Run) -> str:
    if run.delivery.is_state_held:
        return (
            "there were no others, so the state does not pass them; correct the rule under "
            "streams, or allow them with max_rejects or `all_rejected: continue`"
        )
    has_others = run.summary.rejects < run.summary.records
    others = "all others were delivered" if has_others else "there were no others"
    return f"{others}; {LOOK}"


def _described(ledger: Ledger) -> str:
    if ledger.is_new:
        return f"{ledger.path} (new: it knows of no delivery yet)"
    if ledger.streams.is_new_account:
        return f"{ledger.path} (it knows of no delivery to this account and host yet)"
    return str(ledger.path)
