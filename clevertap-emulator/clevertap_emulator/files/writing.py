"""Files on disk: whole at once under their names, and left alone where nothing changes."""

from __future__ import annotations

import filecmp
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

GZIP = 16 + zlib.MAX_WBITS
LEVEL = 1


def write_file(path: Path, content: Iterable[bytes]) -> None:
    """Write a file; an equal one that is there already keeps its time of change."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(".part")
    with part.open("wb") as file:
        file.writelines(content)
    if path.exists() and filecmp.cmp(part, path, shallow=False):
        part.unlink()
    else:
        part.replace(path)


def packed(content: Iterable[bytes]) -> Iterator[bytes]:
    """Yield content gzipped, without a time: equal content gives equal bytes."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP)
    for some in content:
        yield packer.compress(some)
    yield packer.flush()
