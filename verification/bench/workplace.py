"""Where a case works: a folder and emulators that end with it."""

from __future__ import annotations

import json
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from clevertap_emulator.testing import Emulator
from verification.bench.extent import Extent
from verification.bench.process_tree import processor_seconds

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from typing_extensions import Self

    from verification.bench.measure import Measured

TOO_MANY = 429
WHOLE = Extent()


class Served(NamedTuple):
    """What a run took, what it asked for, and the processor seconds its emulator took meanwhile."""

    run: Measured
    asked: list[dict[str, Any]]
    emulator_seconds: float

    @property
    def answered(self) -> list[dict[str, Any]]:
        """The requests that were not turned away."""
        return [each for each in self.asked if each["status"] != TOO_MANY]

    @property
    def opening_seconds(self) -> float:
        """From the start of the process to its first request."""
        first: float = min(each["time"] for each in self.asked)
        return first - self.run.began


class Workplace:
    """A case's folder and emulators; used as a context."""

    def __init__(self, extent: Extent = WHOLE) -> None:
        """Work to this extent."""
        self.extent = extent
        self._ends = ExitStack()
        self.folder = Path()
        self._configs = 0

    def __enter__(self) -> Self:
        self.folder = Path(self._ends.enter_context(tempfile.TemporaryDirectory()))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ends.close()

    def start(self, **flags: Any) -> Emulator:
        """Start an emulator that ends with the case."""
        emulator = Emulator.start(**flags)
        self.ends_with(emulator.stop)
        return emulator

    def ends_with(self, end: Callable[[], object]) -> None:
        """Have something called when the case ends."""
        self._ends.callback(end)

    def config(self, settings: dict[str, Any]) -> str:
        """Write settings to a file of their own, and return its path."""
        self._configs += 1
        path = self.folder / f"config-{self._configs}.json"
        path.write_text(json.dumps(settings))
        return str(path)

    def remove(self, name: str) -> None:
        """Remove all files whose names begin so."""
        for old in self.folder.glob(f"{name}*"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()


def served(emulator: Emulator, run: Callable[[], Measured]) -> Served:
    """Run something against an emulator, which keeps the pages that it has written before."""
    earlier = emulator.requests()["requests"]
    before = processor_seconds(emulator.process.pid)
    measured = run()
    taken = processor_seconds(emulator.process.pid) - before
    asked = emulator.requests(since=earlier[-1]["number"] if earlier else 0)["requests"]
    return Served(measured, asked, taken)


def first_to_last(asked: list[dict[str, Any]]) -> float:
    """Return the seconds from the first request's arrival to the last one's answer."""
    first: float = min(each["time"] for each in asked)
    last: float = max(each["time"] + each["seconds"] for each in asked)
    return last - first


def in_the_middle(asked: list[dict[str, Any]], lanes: int) -> tuple[list[dict[str, Any]], float]:
    """Return the requests between the first and the last tenth, and the seconds they took.

    Args:
        asked: All requests of a run.
        lanes: How many are in flight at once, and so arrive together.
    """
    arrived = sorted(asked, key=lambda each: each["time"])
    left_out = max(len(arrived) // 10 // lanes, 1) * lanes
    if len(arrived) < 3 * left_out:
        return arrived, first_to_last(arrived)
    after = len(arrived) // lanes * lanes - left_out
    middle = arrived[left_out:after]
    seconds: float = arrived[after]["time"] - middle[0]["time"]
    return middle, seconds
