"""What a dry run says of itself, on standard error."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

import click
from typing_extensions import override

from target_clevertap.dry_run.report import preview_lines, table_lines
from target_clevertap.run_log import RunLog

if TYPE_CHECKING:
    from target_clevertap.config.settings import RunSettings
    from target_clevertap.dry_run.preview import Preview
    from target_clevertap.dry_run.refusals import CountedRefusals
    from target_clevertap.run import Run

logger = logging.getLogger("target-clevertap")

STARTS = {
    "local": "dry run: nothing is sent, and no state, ledger or rejects file is written",
    "vendor": (
        "dry run: CleverTap checks the records and stores none; no state, ledger or rejects file "
        "is written"
    ),
}
LESS_IS_CHECKED = (
    "dry_run vendor: CleverTap checks each record for itself, and may check less than in an "
    "upload: a limit of the account, such as 512 names of events, shows only in a real upload"
)


class DryRunLog(RunLog):
    """Logs the start as others do, and writes what was found at the end."""

    def __init__(self, settings: RunSettings, preview: Preview, refusals: CountedRefusals) -> None:
        """Say nothing yet.

        Args:
            settings: Of the run.
            preview: What would be sent.
            refusals: What would be refused.
        """
        self._settings = settings
        self._preview = preview
        self._refusals = refusals

    @override
    def started(self, run: Run) -> None:
        logger.info(STARTS[self._settings.dry_run])
        if self._settings.dry_run == "vendor":
            logger.warning(LESS_IS_CHECKED)

    @override
    def ended(self, run: Run) -> None:
        shows_values = self._settings.shows_values
        lines = [
            *preview_lines(self._preview, shows_values=shows_values),
            "",
            *table_lines(self._preview, run.summary.streams, self._refusals.counts),
        ]
        with suppress(OSError):  # nobody reads it any more; the exit status is true all the same
            click.echo("\n".join(lines), err=True)
        logger.info("%s", _summary(run))

    @override
    def too_many_rejects(self, run: Run, most: int) -> str:
        return (
            f"dry run: {run.summary.rejects} records would be refused, more than max_rejects "
            f"({most}); correct them or the rule under streams, or allow them with max_rejects"
        )


def _summary(run: Run) -> str:
    total = run.summary.total
    others = total.already_delivered + sum(total.not_sent.values())
    unsettled = f", {total.not_settled} were not checked to the end" if total.not_settled else ""
    return (
        f"dry run: {total.received} records came, {total.delivered} would be delivered, "
        f"{total.rejects} refused, {others} not sent{unsettled}"
    )
