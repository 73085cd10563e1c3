"""A program that uses a ledger again and again, each time in a process that is killed.

It forks for each line of JSON that it reads, and answers when the fork has ended. The fork is
killed right before the statement of SQL that was asked for, or after so many seconds; before it
claims a round of names and after it has settled them, it notes so in a file.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import sys
import threading
from itertools import count
from pathlib import Path

from target_clevertap.ledger import merging, pending, saved_filter, upkeep
from target_clevertap.ledger.ledger import Ledger

NAMES_IN_A_ROUND = 40
MOST_ROUNDS = 100
MOST_NAMES = 200
"""So few that segments are made every few rounds, and merged every few dozen."""
NAMES_AT_ONCE = 60
FAN_IN = 4


def names_of(number):
    """Return the names of a round, spread as hashes are."""
    each = (f"{number} {n}".encode() for n in range(NAMES_IN_A_ROUND))
    return [hashlib.blake2b(name, digest_size=16).digest() for name in each]


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


def connect_killing_at(statement):
    really_connect = sqlite3.connect
    numbers = count(1)

    def connect(*given, **more):
        database = really_connect(*given, **more)
        database.set_trace_callback(lambda _: next(numbers) == statement and kill())
        return database

    return connect


def use(path, first, notes):
    ledger = Ledger.open(path, "0" * 16, is_durable=False)
    for number in range(first, first + MOST_ROUNDS):
        os.write(notes, b"claiming\n")
        claim = ledger.claim(names_of(number), set(), resend=False)
        ledger.settle(claim, delivered=names_of(number))
        os.write(notes, b"settled\n")
    ledger.close()


def become(asked):
    merging.FAN_IN, pending.MOST_NAMES = FAN_IN, MOST_NAMES
    saved_filter.FEWEST_TO_SAVE, saved_filter.CELLS_FOR_A_NAME = 2 * MOST_NAMES, 1 << 17
    upkeep.NAMES_AT_ONCE, upkeep.NAMES_A_STEP = NAMES_AT_ONCE, NAMES_IN_A_ROUND
    upkeep.NAMES_A_LARGE_STEP = 2 * NAMES_IN_A_ROUND
    sqlite3.connect = connect_killing_at(asked.get("statement"))
    if "seconds" in asked:
        threading.Timer(asked["seconds"], kill).start()
    notes = os.open(Path(asked["path"]).with_name("notes"), os.O_CREAT | os.O_WRONLY)
    use(asked["path"], asked["first"], notes)


def main():
    for line in sys.stdin:
        child = os.fork()
        if not child:
            become(json.loads(line))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
