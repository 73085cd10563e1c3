"""One run's parts, made from the settings: connections, files, lanes and counters."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from target_clevertap._plugin.system import share_arenas
from target_clevertap.api.concurrency import ConcurrencyLimit
from target_clevertap.api.lookups import MOST_IN_FLIGHT, Lookups
from target_clevertap.api.retries import Retrier, growing_pauses
from target_clevertap.closing import close_all
from target_clevertap.delivery.call_contexts import call_contexts
from target_clevertap.delivery.checkpoints import Checkpoints
from target_clevertap.delivery.circuit_breaker import CircuitBreaker
from target_clevertap.delivery.identity_guard import IdentityGuard
from target_clevertap.delivery.lanes import Limits
from target_clevertap.delivery.state_writer import StateWriter
from target_clevertap.delivery.summary import Summary
from target_clevertap.delivery.upload_context import UploadContext
from target_clevertap.dry_run.parts import dry_parts
from target_clevertap.ledger.naming import LedgerFacts
from target_clevertap.ledger.numbering import Numbering
from target_clevertap.rejects.replay import Replay
from target_clevertap.run_log import RunLog
from target_clevertap.run_parts import real_parts
from target_clevertap.singer.record_handler import RecordHandler
from target_clevertap.taking_over import taking_over_parts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from target_clevertap.config.settings import RunSettings
    from target_clevertap.deletes.file import DeletesFile
    from target_clevertap.delivery.delivery import Delivery
    from target_clevertap.import_files.imports import FileImports
    from target_clevertap.ledger.ledger import Ledger
    from target_clevertap.rejects.file import RejectsFile
    from target_clevertap.run_parts import RunParts
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

    deletes: DeletesFile | None = None
    """Where receipts of deletions go; None where no rule deletes users."""

    log: RunLog = field(default_factory=RunLog)
    """Says where things are, and how they ended."""

    files: FileImports | None = None
    """What records go into in place of requests; None where they go to the API."""

    def publish(self, check: Callable[[], None]) -> None:
        """Publish what went into files, at the end of the input; else do nothing.

        Args:
            check: Raises when a signal wants the run to end.

        Raises:
            UploadStopped: When a file cannot be published.
        """
        if self.files is not None:
            self.files.publish(check)
            self.delivery.write_states()

    def close(self) -> None:
        """Close the files; other runs may use them then."""
        close_all(self.files, self.ledger, self.numbering, self.rejects)


def start_run(
    settings: RunSettings,
    reader: MessageReader,
    check: Callable[[], None],
    parts: RunParts | None = None,
) -> Run:
    """Open and start everything a run needs.

    Args:
        settings: Checked.
        reader: Of the input.
        check: Raises when a signal wants the run to end.
        parts: By these settings, where they are open already.

    Raises:
        SettingError: When a setting does not allow a run.
        SystemLimitError: When the system does not let the lanes start.
    """
    parts = parts or _parts(settings)
    settings, rejects, ledger = parts.settings, parts.rejects, parts.ledger
    summary = Summary()
    context = UploadContext(
        *(_retrier(parts, summary), ledger, summary, settings.stops_when_all_rejected),
        take=parts.take,
    )
    context = replace(context, calls=call_contexts(context, settings, parts.deletes))
    states = StateWriter(parts.write_state)
    checkpoints = Checkpoints(states.put if parts.files is None else parts.files.hold_state)
    limits = _limits(settings)
    breaker = CircuitBreaker(
        limits.rows, stops=settings.stops_when_all_rejected, allowed=settings.max_rejects
    )
    delivery = parts.make_delivery(
        *(context, rejects, checkpoints, states, limits, breaker), wake=reader.wake, check=check
    )
    delivery.guard = _guard(parts, summary, context.retrier.stopping, check)
    sys.setswitchinterval(SWITCH_SECONDS)
    share_arenas()
    delivery.start()
    if parts.files is not None:
        summary.files = parts.files.figures
        parts.files.begin(states.put, check)
    replay = Replay(rejects, check)
    numbering = None if ledger is None else Numbering.open()
    return Run(
        delivery=delivery,
        record_handler=RecordHandler(delivery, checkpoints, summary),
        checkpoints=checkpoints,
        rejects=rejects,
        replay=replay,
        ledger=ledger,
        facts=_facts(parts, numbering),
        numbering=numbering,
        summary=summary,
        deletes=parts.deletes,
        log=parts.log,
        files=parts.files,
        # last: nothing was read where a part failed
        replayed=replay.rename_input(reader.descriptor),
    )


def _parts(settings: RunSettings) -> RunParts:
    if settings.is_dry_run:
        return dry_parts(settings)
    if settings.is_already_delivered:
        return taking_over_parts(settings)
    return real_parts(settings)


def _retrier(parts: RunParts, summary: Summary) -> Retrier:
    return Retrier(
        client=parts.client,
        concurrency=ConcurrencyLimit(parts.settings.max_in_flight),
        summary=summary,
        stopping=threading.Event(),
        answered=threading.Event(),
        resend=parts.settings.resends_uncertain,
        pauses=growing_pauses,
    )


def _guard(
    parts: RunParts, summary: Summary, stopping: threading.Event, check: Callable[[], None]
) -> IdentityGuard | None:
    if parts.lookups is None:
        return None
    retrier = Retrier(
        client=parts.lookups,
        concurrency=ConcurrencyLimit(MOST_IN_FLIGHT),
        summary=summary,
        stopping=stopping,
        answered=threading.Event(),
        resend=True,
        pauses=growing_pauses,
    )
    settings = parts.settings
    return IdentityGuard(
        Lookups(retrier, check), settings.new_profile_limit, settings.rules, settings.flush_seconds
    )


def _limits(settings: RunSettings) -> Limits:
    most = settings.max_in_flight
    return Limits(
        lanes=most + most // REQUESTS_FOR_A_SPARE_LANE,
        rows=settings.batch_size_rows,
        request_bytes=settings.max_request_bytes,
        flush_seconds=settings.flush_seconds,
    )


def _facts(parts: RunParts, numbering: Numbering | None) -> LedgerFacts | None:
    ledger = parts.ledger
    if ledger is None or numbering is None:
        return None
    return LedgerFacts(
        account=ledger.account,
        holds_former=ledger.holds_former,
        generation=ledger.streams.generation,
        count=numbering.count,
        profiles=ledger.profiles,
    )
