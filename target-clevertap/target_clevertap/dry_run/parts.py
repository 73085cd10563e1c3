"""What a dry run opens: no file, and a connection only to have records checked."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from target_clevertap import private_files
from target_clevertap._plugin.account import binding
from target_clevertap.dry_run.client import LocalClient, VendorClient
from target_clevertap.dry_run.delivery import PreviewedDelivery
from target_clevertap.dry_run.files import CheckedForFiles
from target_clevertap.dry_run.ledger import copied_ledger
from target_clevertap.dry_run.log import DryRunLog
from target_clevertap.dry_run.preview import Preview
from target_clevertap.dry_run.refusals import CountedRefusals
from target_clevertap.run_parts import RunParts, lookups_of

if TYPE_CHECKING:
    from target_clevertap.config.settings import RunSettings

CLIENTS = {"local": LocalClient, "vendor": VendorClient}


def dry_parts(settings: RunSettings) -> RunParts:
    """Return what a dry run uses in place of files, states and requests.

    - It goes on where a run would stop as all is refused, to show every refusal.
    - What CleverTap only checks may be sent again, whatever became of the first try.
    - A copy of the ledger says what was delivered before.

    Raises:
        SettingError: When a path cannot be one, or the ledger cannot be copied.
    """
    account = binding(settings.account_id, settings.url)
    rejects = private_files.absolute(settings.rejects_path, "rejects_path")
    refusals = CountedRefusals(rejects, shows_values=settings.shows_values)
    preview = Preview()
    client = CLIENTS[settings.dry_run]
    ledger = None
    if settings.ledger_path is not None:
        ledger = copied_ledger(settings.ledger_path, account, settings.ledger_days)
    return RunParts(
        settings=replace(settings, stops_when_all_rejected=False, resends_uncertain=True),
        account=account,
        client=client(
            settings.url, settings.account_id, settings.passcode, settings.request_timeout
        ),
        lookups=lookups_of(settings) if settings.dry_run == "vendor" else None,
        rejects=refusals,
        deletes=None,
        ledger=ledger,
        log=DryRunLog(settings, preview, refusals),
        make_delivery=partial(PreviewedDelivery, preview, refusals),
        write_state=_drop,
        take=None if settings.files is None else CheckedForFiles(settings.files).take,
    )


def _drop(state: bytes) -> None:
    """Write no state: nothing was delivered."""
