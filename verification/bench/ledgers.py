"""Ledgers that know millions of names already, made by the ledger's own code."""

from __future__ import annotations

import os
import secrets
import shutil
from typing import TYPE_CHECKING

from target_clevertap._plugin.account import binding
from target_clevertap.ledger.ledger import Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from clevertap_emulator.testing import Emulator

NAME_BYTES, CLAIM = 16, 1000
SHORT_RUN = 10_000
SHORT_RUNS = 100
"""Short runs leave work to the next one; at most one name of ten comes in them."""


def fill(path: Path, emulator: Emulator, names: int) -> None:
    """Make a ledger that knows so many random names of an emulator's account as delivered.

    A long run brings most of them, and short runs the others.
    """
    in_short_runs = min(names // 10, SHORT_RUNS * SHORT_RUN)
    add(path, emulator, names - in_short_runs)
    for first in range(0, in_short_runs, SHORT_RUN):
        add(path, emulator, min(SHORT_RUN, in_short_runs - first))


def add(path: Path, emulator: Emulator, names: int) -> None:
    """Deliver so many new names in one run."""
    ledger = Ledger.open(str(path), binding(emulator.account_id, emulator.url), is_durable=False)
    for first in range(0, names, CLAIM):
        drawn = secrets.token_bytes(min(CLAIM, names - first) * NAME_BYTES)
        new = [drawn[at : at + NAME_BYTES] for at in range(0, len(drawn), NAME_BYTES)]
        ledger.settle(ledger.claim(new, set(), resend=True), delivered=new)
    ledger.close()


def files_of(path: Path) -> list[Path]:
    """Return all files of a ledger."""
    found = [each for top in path.parent.glob(f"{path.name}*") for each in (top, *top.rglob("*"))]
    return [each for each in found if each.is_file()]


def size_of(path: Path) -> int:
    """Return the bytes of a ledger's files."""
    return sum(each.stat().st_size for each in files_of(path))


def copied(path: Path, to: Path) -> None:
    """Copy a ledger to another folder, under its name there."""
    for each in path.parent.glob(f"{path.name}*"):
        copy = shutil.copytree if each.is_dir() else shutil.copy
        copy(each, to.with_name(to.name + each.name.removeprefix(path.name)))


def forget_cached(path: Path) -> None:
    """Have the system read a ledger's files from the disk again."""
    for each in files_of(path):
        descriptor = os.open(each, os.O_RDONLY)
        os.fsync(descriptor)  # only what is on the disk can be forgotten
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)
