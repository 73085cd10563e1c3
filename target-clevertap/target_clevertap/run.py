"""One run's parts, made from the settings: connections, files, lanes and counters."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from target_clevertap import private_files
from target_clevertap._http.hosts import base_url
from target_clevertap._plugin.account import binding
from target_clevertap._plugin.system import share_arenas
from target_clevertap.api.client import Client
from target_clevertap.api.concurrency import ConcurrencyLimit, growing_pauses
from target_clevertap.api.retries import Channel
from target_clevertap.delivery.checkpoints import Checkpoints
from target_clevertap.delivery.circuit_breaker import CircuitBreaker
from target_clevertap.delivery.delivery import Delivery
from target_clevertap.delivery.lanes import Limits
from target_clevertap.delivery.state_writer import StateWriter, write_state
from target_clevertap.delivery.summary import Summary
from target_clevertap.errors import SettingError
from target_clevertap.ledger.ledger import Ledger
from target_clevertap.ledger.naming import Memory
from target_clevertap.ledger.numbering import Numbering
from target_clevertap.rejects.rejects import Rejects
from target_clevertap.singer.record_handler import Intake

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from target_clevertap.singer.reader import MessageReader

SWITCH_SECONDS = 0.0003
"""After which the reading thread lets a lane run: at Python's own 5 ms a lane waits longer for the
interpreter, at each step of a request, than it works."""

REQUESTS_FOR_A_SPARE_LANE = 3
"""Lanes there are beside those whose requests are in flight: they write down what came of the last
request, or have the next one ready. Without them there would be less in flight than is allowed."""


@dataclass(frozen=True, slots=True)
class Run:
    """What is open while input is read."""

    delivery: Delivery
    intake: Intake
    checkpoints: Checkpoints
    rejects: Rejects
    ledger: Ledger | None
    memory: Memory | None
    """What the ledger's names depend on."""

    summary: Summary
    replayed: Path | None
    """The rejects file that is read now, under its new name."""

    def close(self) -> None:
        """Close the files; other runs may use them then."""
        if self.ledger is not None:
            self.ledger.close()
        self.rejects.close()


def start_run(settings: Mapping[str, Any], reader: MessageReader, check: Callable[[], None]) -> Run:
    """Open and start everything a run needs.

    Args:
        settings: As configured, with their defaults.
        reader: Of the input.
        check: Raises when a signal wants the run to end.

    Raises:
        SettingError: When a setting does not allow a run.
    """
    url = base_url(settings["region"], settings.get("api_url"))
    rejects, ledger = _open_files(settings, binding(settings["account_id"], url))
    summary = Summary()
    states = StateWriter(write_state)
    checkpoints = Checkpoints(states.put)
    limits = Limits(
        lanes=settings["max_in_flight"] + settings["max_in_flight"] // REQUESTS_FOR_A_SPARE_LANE,
        rows=settings["batch_size_rows"],
        request_bytes=settings["max_request_bytes"],
        flush_seconds=float(settings["flush_seconds"]),
    )
    channel = _open_channel(settings, url, ledger, summary)
    stops, allowed = settings["all_rejected"] == "stop", settings["max_rejects"]
    breaker = CircuitBreaker(limits.rows, stops=stops, allowed=allowed)
    delivery = Delivery(
        *(channel, rejects, checkpoints, states, limits, breaker), wake=reader.wake, check=check
    )
    sys.setswitchinterval(SWITCH_SECONDS)
    share_arenas()
    delivery.start()
    intake = Intake(delivery, checkpoints, summary)
    replayed = rejects.step_aside(reader.descriptor)  # last: nothing was read where a part failed
    return Run(
        delivery,
        intake,
        checkpoints,
        rejects,
        ledger,
        None if ledger is None else _memory_of(ledger),
        summary,
        replayed,
    )


def _memory_of(ledger: Ledger) -> Memory:
    return Memory(ledger.account, ledger.holds_former, ledger.streams.generation, Numbering().count)


def _open_files(settings: Mapping[str, Any], account: str) -> tuple[Rejects, Ledger | None]:
    rejects = Rejects(settings["rejects_path"])
    path = settings["ledger_path"]
    if not path:
        return rejects, None
    _check_apart(rejects.path, private_files.absolute(path, "ledger_path"))
    return rejects, Ledger(path, account, is_durable=settings["uncertain"] == "skip")


def _open_channel(
    settings: Mapping[str, Any], url: str, ledger: Ledger | None, summary: Summary
) -> Channel:
    timeout = float(settings["request_timeout"])
    return Channel(
        client=Client(url, settings["account_id"], settings["passcode"], timeout),
        ledger=ledger,
        concurrency=ConcurrencyLimit(settings["max_in_flight"]),
        summary=summary,
        stopping=threading.Event(),
        answered=threading.Event(),
        resend=settings["uncertain"] == "resend",
        stops_when_all_rejected=settings["all_rejected"] == "stop",
        pauses=growing_pauses,
    )


def _check_apart(rejects: Path, ledger: Path) -> None:
    suffixes = ("", "-wal", "-shm", "-journal")
    if private_files.real(rejects) in {
        private_files.real(Path(f"{ledger}{suffix}")) for suffix in suffixes
    }:
        message = (
            f"rejects_path: the ledger uses {rejects}; give rejects and ledger their own files"
        )
        raise SettingError(message)
