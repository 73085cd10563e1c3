"""Containers of images that were built without an engine: started, signalled, waited for."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from tests.partners.containers.image import new_layer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tests.partners.containers.image import Stage

RUN_SECONDS = 180
PAUSE = 0.05


@dataclass
class Container:
    """One container: its process 1, and what it wrote."""

    stage: Stage
    process: subprocess.Popen[str]
    output: IO[str]

    @property
    def log(self) -> str:
        return Path(self.output.name).read_text()

    @property
    def first_process(self) -> int:
        """The number that this machine has for process 1 of the container."""
        path = Path(f"/proc/{self._unshare}/task/{self._unshare}/children")
        return int(path.read_text().split()[0])

    @property
    def _unshare(self) -> int:
        return self.process.pid

    def wait_for_program(self, name: str) -> None:
        """Wait until process 1 is this program, no longer the shell that made its files."""
        for _ in range(int(RUN_SECONDS / PAUSE)):
            children = Path(f"/proc/{self._unshare}/task/{self._unshare}/children").read_text()
            programs = [Path(f"/proc/{each}/comm").read_text().strip() for each in children.split()]
            if programs == [name]:
                return
            time.sleep(PAUSE)
        pytest.fail(f"{name} did not start: {self.log}")

    def wait_for(self, text: str) -> None:
        """Wait until the log has a text."""
        for _ in range(int(RUN_SECONDS / PAUSE)):
            if text in self.log:
                return
            assert self.process.poll() is None, self.log[-4000:]
            time.sleep(PAUSE)
        pytest.fail(f"no {text!r} in: {self.log[-4000:]}")

    def stop(self) -> int:
        """Send the signal that an engine would send, and return the exit status."""
        os.kill(self.first_process, signal.Signals[self.stage.stop_signal])
        return self.end()

    def end(self) -> int:
        """Wait for its end, and return the exit status."""
        return self.process.wait(RUN_SECONDS)


@contextmanager
def container(
    stage: Stage,
    *arguments: str,
    environment: Mapping[str, str] | None = None,
    command: Sequence[str] | None = None,
    **options: Any,
) -> Iterator[Container]:
    """Run an image with arguments, or its own; kill what is left in the end."""
    given = list(command) if command else [*stage.entrypoint, *(arguments or stage.command)]
    with (
        tempfile.TemporaryDirectory(prefix="container-") as folder,
        tempfile.NamedTemporaryFile("w", prefix="container-") as output,
    ):
        process = stage.start(
            given,
            environment=environment or {},
            layer=new_layer(Path(folder) / "layer"),
            stdout=output,
            stderr=subprocess.STDOUT,
            **options,
        )
        try:
            yield Container(stage, process, output)
        finally:
            process.kill()  # with it, its process 1 and all others
            process.wait()


def ran(stage: Stage, *arguments: str, **options: Any) -> tuple[int, str]:
    """Run an image to its end, and return exit status and log."""
    with container(stage, *arguments, **options) as running:
        return running.end(), running.log
