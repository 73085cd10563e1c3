"""The files of a run: what it writes must not replace what it reads or keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap.config.schema import DELETES_PATH, LEDGER_PATH, REJECTS_PATH
from target_clevertap.config.settings import OF_SQLITE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

STREAMS = {"the input": "/dev/fd/0", "the output": "/dev/fd/1", "the log": "/dev/fd/2"}
KEPT = {"rejects_path": REJECTS_PATH, "deletes_path": DELETES_PATH}
"""Settings of files that runs append to, and their defaults."""


def files_kept(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and path of each file that a report must not replace.

    Args:
        config: The settings, not yet checked.
    """
    yield from STREAMS.items()
    for name, default in KEPT.items():
        if isinstance(path := config.get(name, default), str) and path:
            yield name, path
    if isinstance(path := config.get("ledger_path", LEDGER_PATH), str) and path:
        yield from (("ledger_path", path + suffix) for suffix in OF_SQLITE)
