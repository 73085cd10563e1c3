"""One run's parts, made from the settings: connections, files, lanes and counters."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_clevertap import private_files
from target_clevertap._plugin.account import binding
from target_clevertap._plugin.system import share_arenas
from target_clevertap.api.client import Client
from target_clevertap.api.concurrency import ConcurrencyLimit
from target_clevertap.api.retries import Retrier, growing_pauses
from target_clevertap.config.settings import check_apart
from target_clevertap.delivery.checkpoints import Checkpoints
from target_clevertap.delivery.circuit_breaker import CircuitBreaker
from target_clevertap.delivery.delivery import Delivery
from target_clevertap.delivery.lanes import Limits
from target_clevertap.delivery.state_writer import StateWriter, write_state
from target_clevertap.delivery.summary import Summary
from target_clevertap.delivery.upload import UploadContext
from target_clevertap.ledger.ledger import Ledger
from target_clevertap.ledger.naming import LedgerFacts
from target_clevertap.ledger.numbering import Numbering
from target_clevertap.rejects.file import RejectsFile
from target_clevertap.rejects.replay import Replay
from target_clevertap.singer.record_handler import RecordHandler

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from target_clevertap.config.settings import RunSettings
    from target_clevertap.singer.reader import MessageReader

SWITCH_SECONDS = 0.002
"""After which the reading thread lets a lane run. At Python's own 5 ms a lane waits longer for the
interpreter, at each step of a request, than it works. At 0.3 ms changing threads took a fifth of
the processor's time."""

REQUESTS_FOR_A_SPARE_LANE = 3
"""For how many requests in flight there is one more lane. A spare lane writes down the result of
the last request, or prepares the next. Without them less would be in flight than is allowed."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is open while input is read; only the reading thread uses it."""

    delivery: Delivery
    record_handler: RecordHandler
    checkpoints: Checkpoints
    rejects: RejectsFile
    replay: Replay
    ledger: Ledger | None
    facts: LedgerFacts | None
    """What the ledger's names depend on."""

    summary: Summary
    replayed: Path | None
    """The rejects file that is read now, under its new name."""

    numbering: Numbering | None = None
    """Counts equal rows for `facts`, in a temporary file."""

    def close(self) -> None:
        """Close the files; other runs may use them then."""
        if self.ledger is not None:
            self.ledger.close()
        if self.numbering is not None:
            self.numbering.close()
        self.rejects.close()


def start_run(settings: RunSettings, reader: MessageReader, check: Callable[[], None]) -> Run:
    """Open and start everything a run needs.

    Args:
        settings: Checked.
        reader: Of the input.
        check: Raises when a signal wants the run to end.

    Raises:
        SettingError: When a setting does not allow a run.
        SystemLimitError: When the system does not let the lanes start.
    """
    rejects, ledger = _open_files(settings)
    summary = Summary()
    context = UploadContext(
        _retrier(settings, summary), ledger, summary, settings.stops_when_all_rejected
    )
    states = StateWriter(write_state)
    checkpoints = Checkpoints(states.put)
    limits = _limits(settings)
    breaker = CircuitBreaker(
        limits.rows, stops=settings.stops_when_all_rejected, allowed=settings.max_rejects
    )
    delivery = Delivery(
        *(context, rejects, checkpoints, states, limits, breaker), wake=reader.wake, check=check
    )
    sys.setswitchinterval(SWITCH_SECONDS)
    share_arenas()
    delivery.start()
    replay = Replay(rejects)
    numbering = None if ledger is None else Numbering.open()
    return Run(
        delivery=delivery,
        record_handler=RecordHandler(delivery, checkpoints, summary),
        checkpoints=checkpoints,
        rejects=rejects,
        replay=replay,
        ledger=ledger,
        facts=None if ledger is None or numbering is None else _facts_of(ledger, numbering),
        numbering=numbering,
        summary=summary,
        # last: nothing was read where a part failed
        replayed=replay.rename_input(reader.descriptor),
    )


def _open_files(settings: RunSettings) -> tuple[RejectsFile, Ledger | None]:
    rejects = RejectsFile.at(settings.rejects_path)
    if settings.ledger_path is None:
        return rejects, None
    check_apart(rejects.path, private_files.absolute(settings.ledger_path, "ledger_path"))
    account = binding(settings.account_id, settings.url)
    ledger = Ledger.open(
        settings.ledger_path,
        account,
        is_durable=not settings.resends_uncertain,
        ledger_days=settings.ledger_days,
    )
    return rejects, ledger


def _retrier(settings: RunSettings, summary: Summary) -> Retrier:
    return Retrier(
        client=Client(
            settings.url, settings.account_id, settings.passcode, settings.request_timeout
        ),
        concurrency=ConcurrencyLimit(settings.max_in_flight),
        summary=summary,
        stopping=threading.Event(),
        answered=threading.Event(),
        resend=settings.resends_uncertain,
        pauses=growing_pauses,
    )


def _limits(settings: RunSettings) -> Limits:
    most = settings.max_in_flight
    return Limits(
        lanes=most + most // REQUESTS_FOR_A_SPARE_LANE,
        rows=settings.batch_size_rows,
        request_bytes=settings.max_request_bytes,
        flush_seconds=settings.flush_seconds,
    )


def _facts_of(ledger: Ledger, numbering: Numbering) -> LedgerFacts:
    return LedgerFacts(
        ledger.account, ledger.holds_former, ledger.streams.generation, numbering.count
    )
