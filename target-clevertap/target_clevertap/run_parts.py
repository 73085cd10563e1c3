"""What a run opens: connections and files; a dry run opens others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_clevertap import private_files
from target_clevertap._plugin.account import binding
from target_clevertap.api.client import Client
from target_clevertap.api.lookups import LookupClient
from target_clevertap.closing import close_all
from target_clevertap.config.settings import check_apart
from target_clevertap.deletes.file import DeletesFile
from target_clevertap.delivery.delivery import Delivery
from target_clevertap.delivery.state_writer import write_state
from target_clevertap.errors import SettingError
from target_clevertap.import_files.opening import closing_on_error, open_files
from target_clevertap.import_files.settlement import check_no_spool
from target_clevertap.ledger.ledger import Ledger
from target_clevertap.rejects.file import RejectsFile
from target_clevertap.run_log import RunLog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_clevertap.config.settings import RunSettings
    from target_clevertap.import_files.imports import FileImports
    from target_clevertap.records.entries import Entry
    from target_clevertap.records.record_status import RecordStatus


@dataclass(frozen=True, slots=True)
class RunParts:
    """What a run opens, by its settings; `start_run` makes a run of it."""

    settings: RunSettings
    """By which the run delivers."""

    account: str
    """The binding of account and host, from `account.binding`."""

    client: Client
    rejects: RejectsFile
    deletes: DeletesFile | None
    """None where no users are deleted."""

    ledger: Ledger | None
    log: RunLog
    make_delivery: Callable[..., Delivery]
    """`Delivery`, or what takes its parts."""

    write_state: Callable[[bytes], None]
    lookups: LookupClient | None = None
    """Looks users up; None where the settings do not want it."""

    files: FileImports | None = None
    """What records go into in place of requests; None where they go to the API."""

    take: Callable[[Sequence[Entry]], list[RecordStatus]] | None = None
    """Takes records in place of requests; None where they go to the API."""

    def close(self) -> None:
        """Close the files; a run may have closed them already."""
        close_all(self.files, self.ledger, self.rejects)


def real_parts(settings: RunSettings) -> RunParts:
    """Open what a run delivers with.

    Raises:
        SettingError: When a setting does not allow a run.
    """
    account = binding(settings.account_id, settings.url)
    rejects = RejectsFile.at(settings.rejects_path)
    deletes = open_deletes(settings, rejects)
    ledger = open_ledger(settings, rejects, account)
    files = None
    if settings.files is not None:
        files = open_files(settings.files, account, ledger)
    return RunParts(
        settings=settings,
        account=account,
        client=Client(
            settings.url, settings.account_id, settings.passcode, settings.request_timeout
        ),
        rejects=rejects,
        deletes=deletes,
        ledger=ledger,
        log=RunLog(),
        make_delivery=Delivery,
        write_state=write_state,
        lookups=lookups_of(settings),
        files=files,
        take=None if files is None else files.take,
    )


def lookups_of(settings: RunSettings) -> LookupClient | None:
    """Return what looks new users up; None where the settings do not ask for it."""
    if settings.new_profile_limit >= 1:
        return None
    return LookupClient(
        settings.url, settings.account_id, settings.passcode, settings.request_timeout
    )


def open_deletes(settings: RunSettings, rejects: RejectsFile) -> DeletesFile | None:
    """Return the file of receipts; None where no rule deletes users. It is not made yet.

    Raises:
        SettingError: When it could not be appended to, or is another file of the run.
    """
    if not settings.deletes_users:
        return None
    deletes = DeletesFile.at(settings.deletes_path)
    if private_files.real(rejects.path) == private_files.real(deletes.path):
        message = f"deletes_path: {deletes.path} is the rejects file; give it a file of its own"
        raise SettingError(message)
    if settings.ledger_path is not None:
        ledger = private_files.absolute(settings.ledger_path, "ledger_path")
        check_apart(deletes.path, ledger, "deletes_path")
    return deletes


def open_ledger(settings: RunSettings, rejects: RejectsFile, account: str) -> Ledger | None:
    """Return the ledger; None where the run has none.

    Raises:
        SettingError: When it cannot be used, or is another file of the run.
    """
    if settings.ledger_path is None:
        return None
    check_apart(
        rejects.path, private_files.absolute(settings.ledger_path, "ledger_path"), "rejects_path"
    )
    ledger = Ledger.open(
        settings.ledger_path,
        account,
        # a record that is in a file may not be forgotten with a power cut
        is_durable=not settings.resends_uncertain or settings.files is not None,
        ledger_days=settings.ledger_days,
    )
    if settings.files is None:
        with closing_on_error(ledger):
            check_no_spool(ledger)
    return ledger
