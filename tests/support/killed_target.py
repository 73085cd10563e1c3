"""A program that runs the target again and again, and kills a run at a given step.

A step is a moment just before or after what is written down: a commit of SQLite, a file that is
synced, renamed or removed. The target has no part in it.

Each line of standard input starts a run, a fork of this process. It is answered by the status of
the exit, or -9 for a run that was killed.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import sys
from itertools import count
from pathlib import Path

from typing_extensions import override

from target_clevertap._plugin.log_guard import guard_logs
from target_clevertap.target import TargetCleverTap

CHANGES = ("INSERT", "UPDATE", "DELETE")
STDIN, STDOUT, STDERR = 0, 1, 2
connect, fsync, replace, unlink = sqlite3.connect, os.fsync, Path.replace, Path.unlink


class Steps:
    """Counts steps, and kills the process at one of them."""

    def __init__(self, last):
        self._last = last
        self._numbers = count(1)

    def pass_one(self):
        if next(self._numbers) == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, act):
        def acted(*arguments, **more):
            self.pass_one()
            result = act(*arguments, **more)
            self.pass_one()
            return result

        return acted

    def install(self):
        steps = self

        class CountedConnection(sqlite3.Connection):
            @override
            def execute(self, sql, *parameters):
                run = super().execute
                is_alone = not self.in_transaction and sql.startswith(CHANGES)
                is_step = sql == "COMMIT" or is_alone
                return (steps.around(run) if is_step else run)(sql, *parameters)

        def connected(*arguments, **more):
            return connect(*arguments, factory=CountedConnection, **more)

        sqlite3.connect = connected
        os.fsync = self.around(fsync)
        Path.replace = self.around(replace)
        Path.unlink = self.around(unlink)


def run(command):
    """Run the target in this process, which ends with it."""
    for descriptor, name, flags in (
        (STDIN, "stdin", os.O_RDONLY),
        (STDOUT, "stdout", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        (STDERR, "stderr", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
    ):
        os.dup2(os.open(command[name], flags, 0o600), descriptor)
    Steps(command["step"]).install()
    sys.argv = ["target-clevertap", *command["arguments"]]
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(STDIN, closefd=False),
        os.fdopen(STDOUT, "w", closefd=False),
        os.fdopen(STDERR, "w", closefd=False),
    )
    guard_logs()
    TargetCleverTap.cli()


def main():
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            try:
                run(json.loads(line))
            except SystemExit as ended:
                sys.stderr.flush()
                os._exit(ended.code if isinstance(ended.code, int) else 1)
            os._exit(1)
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
