#!/usr/bin/env python3
"""Run one job of a Meltano project in a folder of its own, alone, and show what came of it.

    run_pipeline.py out --name shop-in --project /opt/clevertap/project --data /data

The folder is `/data/shop-in/out`. It has a working copy of the project, Meltano's database with
the state, and all that the plugins write. Secrets come from the environment.

With `--turn NAME`, runs of one name take turns: a run waits until the one before it has ended. It
needs a folder of data with `flock`, which all machines share that run jobs.

Exit status: 0 all is done; 2 the call is wrong; 3 CleverTap or the rules refused records, and all
others are delivered; 75 another run has the folder; 128 + n ended by signal n; 1 anything else.
Only after 1, 75 and a signal can another try help.
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import json
import os
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

REJECTS, BUSY = 3, 75
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
GRACE_SECONDS = 90
"""From SIGTERM to SIGKILL: the plugins and Meltano end well within it."""
PLUGINS = ("extractors", "loaders", "mappers", "utilities")
DATABASES = ("*.sqlite*", "*.duckdb*", "*.db", "*.db-*")
WRITTEN = (*DATABASES, "*.jsonl", "receipt.json", "receipt.html", "report.json", "report.html")
"""By plugins, also where somebody ran the project itself: a copy would replace the pipeline's."""
NOT_COPIED = shutil.ignore_patterns(".meltano", ".env", ".git", *WRITTEN)
PR_SET_PDEATHSIG = 1


def main() -> int:
    """Run the job and return the exit status; a fault of files is one line."""
    call = arguments()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # until Meltano runs, it leaves no trace
    try:
        return run(call)
    except OSError as error:
        show(f"{fault(error)}; look at the path, its permissions and the free space")
        return 1


def run(call: argparse.Namespace) -> int:
    """Run the job, if no other run has its folder."""
    folder = call.data / call.name / call.job
    os.umask(0o077)
    folder.mkdir(parents=True, exist_ok=True)
    locks = [] if call.turn is None else [turn(call.data / f".{call.turn}.lock")]
    lock = locked(folder)
    if lock is None:
        show(f"{folder}: another run has this folder; try again when it has ended")
        return BUSY
    locks.append(lock)
    make_working_copy(call.project, folder)
    status = run_meltano(call, folder, locks)
    found = summary(folder)
    show(f"summary: {json.dumps(found)}")
    is_rejects = status == 1 and found.get("in") == "rejects" and only_loader_failed(folder)
    return REJECTS if is_rejects else status


def fault(error: OSError) -> str:
    """Return where an error is, and what is wrong."""
    if isinstance(error, shutil.Error):
        path, _, reason = error.args[0][0]
        return f"{path}: {reason}"
    return f"{error.filename or 'a lock'}: {error.strerror}"


def arguments() -> argparse.Namespace:
    """Return the call: a slash in a name would hide the state, as it is part of the state id."""
    parser = argparse.ArgumentParser(description="Run one job of a Meltano project, alone.")
    parser.add_argument("job", type=plain_name, help="a job of meltano.yml")
    parser.add_argument("--name", type=plain_name, required=True, help="of the CleverTap project")
    parser.add_argument("--project", type=Path, required=True, help="the installed Meltano project")
    parser.add_argument("--data", type=Path, required=True, help="the folder of all projects")
    parser.add_argument("--turn", type=plain_name, help="runs with the same name take turns")
    call = parser.parse_args()
    if not (call.project / "meltano.yml").is_file():
        parser.error(f"{call.project}: there is no meltano.yml; see --project")
    call.data, project = call.data.absolute(), call.project.resolve()
    if project in (call.data / call.name / call.job / "copy").resolve().parents:
        parser.error(f"{call.data}: it is in the project, so it would be copied too; see --data")
    return call


def show(line: str) -> None:
    """Write a line to the log."""
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except BrokenPipeError:  # nobody reads it any more; the run goes on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def plain_name(text: str) -> str:
    """Return a name that can be a folder and a part of a state id."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", text):
        message = f"{text!r}: use letters, digits, '.', '_' and '-'"
        raise argparse.ArgumentTypeError(message)
    return text


def locked(folder: Path) -> int | None:
    """Take the folder's lock, or return None. Meltano inherits it, and holds it to its own end."""
    lock = opened(folder / ".lock")
    return lock if is_taken(lock) else None


def turn(path: Path) -> int:
    """Take the lock of a turn, as soon as it is free. Meltano inherits it, too."""
    lock = opened(path)
    if is_taken(lock):
        return lock
    show(f"{path}: another run has the turn; this one waits")
    while not is_taken(lock):
        if not is_read():
            sys.exit(BUSY)  # what started this run is gone, so nobody waits for it
        time.sleep(1)
    return lock


def is_read() -> bool:
    """Return whether somebody can still read what this program prints."""
    output = select.poll()
    output.register(sys.stdout, 0)
    return not output.poll(0)


def opened(path: Path) -> int:
    """Return the descriptor of a lock's file, which is made if there is none."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def is_taken(lock: int) -> bool:
    """Take a lock if it is free, and return whether it was."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def make_working_copy(project: Path, folder: Path) -> None:
    """Copy the project, link to its installed plugins, and remove what a killed run left."""
    shutil.copytree(project, folder, ignore=NOT_COPIED, dirs_exist_ok=True)
    folder.chmod(0o700)  # it got the mode of the project's folder
    own = folder / ".meltano"
    own.mkdir(exist_ok=True)
    shutil.rmtree(own / "run", ignore_errors=True)  # settings of plugins, with their secrets
    for kind in PLUGINS:
        link, installed = own / kind, (project / ".meltano" / kind).resolve()
        if link.is_symlink():
            link.unlink()
        if installed.is_dir():
            link.symlink_to(installed)
    for name in ("receipt.json", "report.json"):  # they must be of this run
        (folder / name).unlink(missing_ok=True)


def run_meltano(call: argparse.Namespace, folder: Path, locks: list[int]) -> int:
    """Run Meltano in a session of its own; pass signals on to all of its processes.

    `--force` is safe, as only the holder of the folder's lock comes here: it lets a run start
    within five minutes after a kill.
    """
    meltano = subprocess.Popen(  # noqa: S603 - the names are plain
        ["meltano", "run", "--force", f"--state-id-suffix={call.name}", call.job],  # noqa: S607
        cwd=folder,
        env={**os.environ, "MELTANO_PROJECT_ROOT": str(folder)},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=locks,
        preexec_fn=end_with(os.getpid()),  # noqa: PLW1509 - there is no other thread
    )

    def stop(*_: object) -> None:
        end(signal.SIGTERM)
        signal.alarm(GRACE_SECONDS)

    def end(number: int) -> None:
        with suppress(ProcessLookupError):  # it has ended just now
            os.killpg(meltano.pid, number)

    for each in SIGNALS:
        signal.signal(each, stop)
    signal.signal(signal.SIGALRM, lambda *_: end(signal.SIGKILL))
    status = meltano.wait()
    wait_for_plugins(meltano.pid)
    for each in (*SIGNALS, signal.SIGALRM):
        signal.signal(each, signal.SIG_IGN)
    return status if status >= 0 else 128 - status


def wait_for_plugins(group: int) -> None:
    """Have plugins end that Meltano left behind, as after `kill -9`, before the locks are free."""
    until = time.monotonic() + GRACE_SECONDS
    with suppress(ProcessLookupError):  # none is left
        os.killpg(group, signal.SIGTERM)
        while time.monotonic() < until:
            os.killpg(group, 0)
            time.sleep(0.1)


def end_with(parent: int) -> Callable[[], None] | None:
    """Return what has the kernel send Meltano SIGTERM when this program is killed: Linux only."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)

    def ask() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGTERM)

    return ask


def summary(folder: Path) -> dict[str, Any]:
    """Return counts of the receipt and the report, without names of users or values."""
    found: dict[str, Any] = {}
    if receipt := read_json(folder / "receipt.json"):
        days = [day for event in receipt["events"] for day in event["days"]]
        found |= {"out": receipt["status"], "rows": sum(day["rows"] for day in days)}
    if report := read_json(folder / "report.json"):
        total = report["total"]
        counts = {name: total[name] for name in ("received", "delivered", "already_delivered")}
        found |= {"in": report["status"], **counts, "rejected": total["rejected"]}
    return found


def only_loader_failed(folder: Path) -> bool:
    """Return whether the tap ended well: Meltano's database has which plugin failed."""
    database = folder / ".meltano" / "meltano.db"
    if not database.is_file():
        return False  # it is elsewhere, and nobody knows: another try is safe
    with closing(sqlite3.connect(database)) as opened:
        query = "SELECT payload FROM runs ORDER BY id DESC LIMIT 1"
        rows = opened.execute(query).fetchall()
    return any(json.loads(payload).get("error") == "Loader failed" for (payload,) in rows)


def read_json(path: Path) -> dict[str, Any] | None:
    """Return what a run left, if it came so far."""
    return json.loads(path.read_text()) if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main())
