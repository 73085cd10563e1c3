"""What a ledger and a spool know of each other at the start and the end of a run.

A batch in the spool counts as delivered. A kill may come between the spool's commit and the
ledger's: then the spool says which names are delivered. So both have to be the same pair as before,
as long as something waits.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import visible
from target_clevertap.errors import SettingError
from target_clevertap.records.entries import NAME_BYTES

if TYPE_CHECKING:
    from pathlib import Path

    from target_clevertap.import_files.publication import Publisher
    from target_clevertap.import_files.spool import FileSpool
    from target_clevertap.ledger.ledger import Ledger

LEDGER = "ledger"
"""The fact of a spool that names its ledger; empty where its run had none."""

logger = logging.getLogger("target-clevertap")


def settle(spool: FileSpool, ledger: Ledger | None, publisher: Publisher) -> None:
    """Bring spool and ledger in line with each other, before anything is taken.

    Args:
        spool: Open.
        ledger: Of the run.
        publisher: Of the spool.

    Raises:
        SettingError: When they are not the pair that they were.
    """
    pair = ledger is not None and _mark_of(ledger)[:1] == (spool.fact("id"),)
    is_new = ledger is None or not _mark_of(ledger)
    if not spool.is_clean and spool.fact(LEDGER) and not pair:
        message = (
            f"files_path: {spool.records} records wait in {visible(str(spool.path.parent))}, and "
            f"the ledger {visible(spool.fact(LEDGER) or '')} counts them as delivered; run once "
            "with that ledger_path, or set another files_path"
        )
        raise SettingError(message)
    if not (pair or is_new):
        raise _spool_missing(ledger)
    if not spool.is_clean and not spool.fact(LEDGER):
        _discard(spool, publisher)
    if ledger is not None:
        _settle_names(spool, ledger, is_pair=pair)
    spool.forget_claims()
    spool.set_facts({LEDGER: "" if ledger is None else str(ledger.path)})
    if ledger is not None:
        ledger.set_spool_mark(f"{spool.fact('id')} {spool.path.parent}")


def part(spool: FileSpool, ledger: Ledger | None) -> None:
    """Let spool and ledger go their own ways where nothing waits any more.

    Raises:
        UploadStopped: When one of them cannot be written.
    """
    spool.forget_claims()
    if ledger is not None and spool.is_clean:
        ledger.set_spool_mark(None)


def check_no_spool(ledger: Ledger) -> None:
    """Refuse a ledger that counts records as delivered which wait in a spool.

    Raises:
        SettingError: For such a ledger.
    """
    mark = _mark_of(ledger)
    if mark:
        message = (
            f"method: the ledger {visible(str(ledger.path))} counts records as delivered that may "
            f"wait in {visible(mark[1])}; run once with `method: files` and that files_path, an "
            "empty input will do, before you change the method"
        )
        raise SettingError(message)


def _mark_of(ledger: Ledger | None) -> tuple[str, ...]:
    """Return id and folder of the spool that a ledger belongs to; nothing where there is none."""
    mark = None if ledger is None else ledger.spool_mark
    return () if mark is None else tuple(mark.split(" ", 1))


def _spool_missing(ledger: Ledger | None) -> SettingError:
    folder = visible(_mark_of(ledger)[1])
    path: Path | None = None if ledger is None else ledger.path
    message = (
        f"files_path: the ledger {visible(str(path))} counts records as delivered that wait in the "
        f"spool of {folder}, which is another or was removed; set that files_path, or restore the "
        "folder; if it is lost, set a new ledger_path: what came since the last state comes again"
    )
    return SettingError(message)


def _discard(spool: FileSpool, publisher: Publisher) -> None:
    publisher.withdraw()
    records = spool.records
    spool.discard()
    if records:
        logger.info(
            "%d records that an earlier run left in %s are discarded: no state has passed them, so "
            "they come again",
            records,
            spool.path.parent,
        )


def _settle_names(spool: FileSpool, ledger: Ledger, *, is_pair: bool) -> None:
    intents = set(ledger.intents())
    if not is_pair:
        spool.set_doubtful(intents)
        return
    for claimed in spool.claimed():
        names = [
            claimed[place : place + NAME_BYTES] for place in range(0, len(claimed), NAME_BYTES)
        ]
        ledger.resolve(delivered=names, released=())
        intents.difference_update(names)
    ledger.resolve(delivered=(), released=[*intents.difference(spool.doubtful())])
