"""Running the plugins as their users do: as processes, with files and pipes."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.launcher import lent_launcher
from tests.support.run_output import clean_environment

if TYPE_CHECKING:
    from tests.support.run_output import Output

BIN = Path(sys.executable).parent


def heed_signals() -> None:
    """Have what this process starts heed signals, though a shell in the background ignores them.

    A handler becomes the default again in a program that is started; what is ignored stays so.
    """
    for each in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(each) is signal.SIG_IGN:
            signal.signal(each, lambda *_: None)


heed_signals()


def write_json(value: Any) -> str:
    """Write a value to a file of its own, and return its path; the file goes with this process."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", dir=_folder(), delete=False) as file:
        json.dump(value, file)
    return file.name


@cache
def _folder() -> str:
    folder = tempfile.mkdtemp(prefix="clevertap-tests-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def tap_config(emulator: Any, **config: Any) -> dict[str, Any]:
    """Return settings that reach an emulator, without profiles unless asked for."""
    return {
        "account_id": emulator.account_id,
        "passcode": emulator.passcode,
        "api_url": emulator.url,
        "profile_events": [],
        **config,
    }


def tap_command(config: dict[str, Any], *, state: Any = None, arguments: tuple[str, ...] = ()):
    """Return the command line of a tap's run."""
    command = [str(BIN / "tap-clevertap"), "--config", write_json(config), *arguments]
    return [*command, "--state", write_json(state)] if state is not None else command


def run_tap(
    config: dict[str, Any],
    *,
    state: Any = None,
    arguments: tuple[str, ...] = (),
    timeout: float = 90,
    **environment: str,
) -> Output:
    """Run the tap to its end, by a fork of a process that has loaded it."""
    _, *given = tap_command(config, state=state, arguments=arguments)
    with lent_launcher("tap-clevertap") as launcher:
        launcher.start(*given, speed=1, cwd=Path.cwd(), **environment)
        return launcher.wait(timeout)


def run_command(
    command: list[str],
    *,
    stdin: str = os.devnull,
    cwd: Path | None = None,
    timeout: float = 90,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Run a plugin's command line to its end, by a fork of a process that has loaded it."""
    program, *arguments = command
    with lent_launcher(Path(program).name) as launcher:
        launcher.start(*arguments, stdin=stdin, speed=1, cwd=cwd or Path.cwd(), **environment)
        status, log = launcher.ended(timeout)
        return subprocess.CompletedProcess(command, status, launcher.written(), log)


def meltano_environment(**more: str) -> dict[str, str]:
    """Return an environment for Meltano, which finds the programs of this one, and is quiet."""
    return clean_environment(
        **{
            "MELTANO_CLI_DISABLE_VERSION_CHECK": "1",
            "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false",
            "NO_COLOR": "1",
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            **more,
        }
    )


def run_meltano(
    project: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run Meltano's command line in a project to its end."""
    return subprocess.run(
        [BIN / "meltano", *arguments],
        cwd=project,
        env=meltano_environment(**environment),
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
    )


def discovered() -> dict[str, Any]:
    """Return the tap's catalog."""
    found = run_command([str(BIN / "tap-clevertap"), "--discover"])
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)
