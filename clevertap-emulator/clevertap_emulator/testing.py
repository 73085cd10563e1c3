"""Run the emulator from tests: a process of its own on a free port, with its control paths.

    with Emulator.start(days=3) as emulator:
        send_orders_to(emulator.url, emulator.account_id, emulator.passcode)
        assert len(emulator.uploads()["events"]) == 2

The fixtures of `clevertap_emulator.pytest_plugin` do the same under pytest. Both need the extra
`clevertap-emulator[pytest]`.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, TypedDict, cast

from clevertap_emulator.files.export import Exported, export_files
from clevertap_emulator.settings import READY, Settings

try:
    from requests import Response, Session
except ModuleNotFoundError as missing:
    MESSAGE = (
        "clevertap_emulator.testing: `requests` is not installed; "
        "install `clevertap-emulator[pytest]`"
    )
    raise ModuleNotFoundError(MESSAGE, name=missing.name) from missing

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self, Unpack

__all__ = [
    "Emulator",
    "EmulatorError",
    "Exported",
    "RequestOptions",
    "Starter",
    "emulators",
    "export_files",
]

READY_SECONDS = 30.0
ANSWER_SECONDS = 60.0
END_SECONDS = 10.0
DROP_SECONDS = 0.05


class EmulatorError(RuntimeError):
    """The emulator did not start, or refused a call of its control paths."""


class RequestOptions(TypedDict, total=False):
    """What `Emulator.api` hands on to `requests`; `timeout` is in seconds."""

    params: Mapping[str, Any]
    json: object
    data: bytes | str
    headers: Mapping[str, str]
    timeout: float


@dataclass
class Emulator:
    """One running emulator: `Emulator.start(days=3, contract="documented")` makes it.

    As a context manager it stops the process in the end.

    Attributes:
        process: The emulator's process; None of one that somebody else started.
        url: Scheme, host and port, such as `http://127.0.0.1:40123`.
        account_id: The account ID that is let in.
        passcode: The passcode that is let in.
        session: What all calls go through; set `session.verify` to trust a certificate.
    """

    process: subprocess.Popen[str] | None
    url: str
    account_id: str = Settings.account_id
    passcode: str = Settings.passcode
    session: Session = field(default_factory=Session, repr=False)

    @classmethod
    def start(cls, **options: object) -> Self:
        """Start an emulator on a free port and wait until it listens.

        Args:
            options: The flags of `clevertap-emulator` as keywords: `events_per_day=10` is
                `--events-per-day 10`. A boolean is written as `on` or `off`; a list or a tuple
                repeats the flag.

        Raises:
            EmulatorError: It ended, or was not ready within 30 seconds.
        """
        command = [sys.executable, "-m", "clevertap_emulator", *_flags({"port": 0} | options)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
        return cls(
            process,
            _url_of(process),
            account_id=str(options.get("account_id", Settings.account_id)),
            passcode=str(options.get("passcode", Settings.passcode)),
        )

    @classmethod
    def at(cls, url: str) -> Self:
        """Use an emulator that runs elsewhere, such as in a container; its end is not yours.

        Args:
            url: Scheme, host and port of one with the default credentials.
        """
        return cls(None, url)

    def __enter__(self) -> Self:
        """Return the emulator."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the emulator."""
        self.stop()

    @property
    def headers(self) -> dict[str, str]:
        """The headers that the API asks of every request."""
        return {
            "X-CleverTap-Account-Id": self.account_id,
            "X-CleverTap-Passcode": self.passcode,
        }

    def api(self, method: str, path: str, **options: Unpack[RequestOptions]) -> Response:
        """Call the API with the right credentials, unless `headers` are given.

        Args:
            method: `GET`, `POST` or another method.
            path: A path of the API and its query, such as `/getSchema?type=events`.
            options: What `requests` takes: `params`, `json`, `data`, `headers`, `timeout`.
        """
        given: RequestOptions = {"headers": self.headers, "timeout": ANSWER_SECONDS, **options}
        return self.session.request(method, self.url + path, **given)

    def truth(self, **filters: object) -> dict[str, Any]:
        """Return the `events` and `profiles` that a complete export must contain.

        Args:
            filters: `event_name` (a name or a list of names), `from_day` and `to_day`
                (`YYYYMMDD`), `kind` (`events` or `profiles`).
        """
        renamed = {"from_day": "from", "to_day": "to"}
        return self._own("GET", "truth", {renamed.get(key, key): filters[key] for key in filters})

    def uploads(self, **filters: object) -> dict[str, Any]:
        """Return what uploads stored, in order of arrival: `events`, `profiles` and more.

        Args:
            filters: `kind` (`events` or `profiles`), `since` (a request's number), `limit`.
        """
        return self._own("GET", "uploads", filters)

    def calls(self, **filters: object) -> dict[str, Any]:
        """Return the stored calls about users: `deleted`, `subscriptions` and more.

        Args:
            filters: `since`, a request's number.
        """
        return self._own("GET", "calls", filters)

    def drops(self, ended: int = 0) -> list[dict[str, Any]]:
        """Return the imports of files in the folder of `--drops`, and what became of each.

        Args:
            ended: How many imports must have ended; they are waited for.

        Raises:
            EmulatorError: So many do not end in 60 seconds.
        """
        for _ in range(int(ANSWER_SECONDS / DROP_SECONDS)):
            imports: list[dict[str, Any]] = self._own("GET", "drops", {})["imports"]
            if sum(each["status"] != "running" for each in imports) >= ended:
                return imports
            time.sleep(DROP_SECONDS)
        message = f"clevertap-emulator: {ended} files were not imported in time; see its folder"
        raise EmulatorError(message)

    def requests(self, **filters: object) -> dict[str, Any]:
        """Return the recorded API `requests` with what was answered, and `max_in_flight`.

        Args:
            filters: `since`, a request's number.
        """
        return self._own("GET", "requests", filters)

    def faults(self, scheduled: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Replace the scheduled faults, each a dict of `match` and `action`, and return them.

        Raises:
            EmulatorError: A fault is not understood.
        """
        faults: list[dict[str, Any]] = self._own("POST", "faults", {}, scheduled)["faults"]
        return faults

    def rows(self, event_name: str, day: int, **changes: object) -> dict[str, int]:
        """Change a day of an event, and return its `rows` and the rows `exported`.

        Args:
            event_name: A known name, or a new one.
            day: `YYYYMMDD`.
            changes: `add` (rows that happen on it now), `properties` (their `event_props`), `hide`
                and `repeat` (rows that exports lack or have twice from now on).

        Raises:
            EmulatorError: A change is not understood.
        """
        return self._own("POST", "rows", {}, {"event_name": event_name, "day": day, **changes})

    def schema(self, event_name: str | None = None, **changes: object) -> None:
        """Change what getSchema declares.

        Args:
            event_name: A name of getSchema; not needed for `user_properties` alone.
            changes: `properties` and `user_properties` (type of each, None for one that is not
                declared any more), `left_out` (of the next responses), `discarded`, `renamed`.

        Raises:
            EmulatorError: A change is not understood.
        """
        self._own("POST", "schema", {}, {"event_name": event_name, **changes})

    def fired(self) -> list[int]:
        """Return the number of times that each scheduled fault fired."""
        return [fault["fired"] for fault in self._own("GET", "faults", {})["faults"]]

    def clear_faults(self) -> None:
        """Remove all scheduled faults."""
        self._own("DELETE", "faults", {})

    def reset(self) -> None:
        """Forget requests, faults, uploads and what uploads changed."""
        self._own("POST", "reset", {})

    def stop(self) -> int:
        """End the process, if it still runs, and return its exit status; 0 if it is not ours."""
        self.session.close()
        if self.process is None:
            return 0
        self.process.terminate()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        return self.process.returncode

    def _own(
        self, method: str, path: str, query: Mapping[str, Any], body: object = None
    ) -> dict[str, Any]:
        """Call one of the emulator's control paths."""
        url = f"{self.url}/_emulator/{path}"
        answer = self.session.request(method, url, params=query, json=body, timeout=ANSWER_SECONDS)
        if not answer.ok:
            message = (
                f"clevertap-emulator: {method} /_emulator/{path} answered {answer.status_code}, "
                f"{answer.text!r}; correct the call"
            )
            raise EmulatorError(message)
        answered: dict[str, Any] = answer.json()
        return answered


Starter = Callable[..., Emulator]
"""A function that takes what `Emulator.start` takes."""


@contextmanager
def emulators() -> Iterator[Starter]:
    """Yield a function that starts emulators; stop them all when the context ends."""
    with ExitStack() as started:

        def start(**options: object) -> Emulator:
            return started.enter_context(Emulator.start(**options))

        yield start


def _flags(options: Mapping[str, object]) -> list[str]:
    """Write keyword options as flags of the command line."""
    flags: list[str] = []
    for name, value in options.items():
        for each in value if isinstance(value, (list, tuple)) else [value]:
            written = ("off", "on")[each] if isinstance(each, bool) else str(each)
            flags += ["--" + name.replace("_", "-"), written]
    return flags


def _url_of(process: subprocess.Popen[str]) -> str:
    """Wait for the line with an emulator's address, and return the URL in it."""
    output = cast("IO[str]", process.stdout)
    too_late = threading.Timer(READY_SECONDS, process.kill)
    too_late.start()
    try:
        line = output.readline()
    finally:
        too_late.cancel()
    if line.startswith(READY):
        return line.removeprefix(READY).strip()
    process.kill()
    output.close()
    message = (
        f"clevertap-emulator: it did not start, exit status {process.wait()}; "
        "see its message on standard error"
    )
    raise EmulatorError(message)
