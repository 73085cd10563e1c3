"""A process that reads groups of files for the tap; `crew` starts it.

Standard input has a pickled `Work`; it stays open until the tap ends. Standard output has frames.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
from typing import TYPE_CHECKING, NamedTuple

from tap_clevertap.errors import CleverTapError
from tap_clevertap.files.frames import GROUP_END, Frame
from tap_clevertap.files.outbox import Outbox
from tap_clevertap.files.reading import GroupReader
from tap_clevertap.files.stores.opening import open_store

if TYPE_CHECKING:
    from tap_clevertap.files.plan import FileGroup
    from tap_clevertap.files.reading import ReadingOptions


NO_MEMORY = (
    "export files: a process that reads them has not enough memory; allow more of it, or set "
    "export_files_processes to 1"
)


class Work(NamedTuple):
    """What a worker reads."""

    url: str
    options: ReadingOptions
    groups: list[FileGroup]


def main() -> None:
    """Read the groups in their order, and send what is in them."""
    work: Work = pickle.load(sys.stdin.buffer)  # noqa: S301 - of our own process
    # Also where the tap is killed, no worker is left.
    threading.Thread(target=_end_with_the_tap, daemon=True).start()
    outbox = Outbox(os.dup(sys.stdout.fileno()))
    try:
        reader = GroupReader(open_store(work.url), work.options)
        for group in work.groups:
            for part in reader.read(group):
                outbox.put(Frame.of(part))
            outbox.put(Frame(GROUP_END))
    except CleverTapError as error:
        outbox.put(Frame.of_error(error))
    except MemoryError:
        outbox.put(Frame.of_error(CleverTapError(NO_MEMORY)))
    outbox.flush()


def _end_with_the_tap() -> None:
    sys.stdin.buffer.read()
    os._exit(1)
