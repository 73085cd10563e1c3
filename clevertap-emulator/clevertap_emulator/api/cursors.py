"""Cursors: opaque, long, percent-encoded positions in an export."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import struct
from dataclasses import dataclass
from urllib.parse import quote

# With its base64 and percent signs a cursor comes to about 1,900 characters [LEA: 1.5 to 2.4 KB].
PADDING_BYTES = 1318
_HEADER = struct.Struct(">QQQ")
_ENCODED_AGAIN = re.compile(r"%[0-9A-Fa-f]{2}")
_SHAPE = re.compile(r"[A-Za-z0-9+/]+={0,2}")


@dataclass(frozen=True)
class Position:
    """Where a walk stands: the export, the chapter of days within it, the step in that."""

    export: int
    chunk: int = 0
    page_slice: int = 0


class Cursors:
    """Writes and reads cursors; they survive nothing but the process."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(16)

    def encode(self, position: Position) -> str:
        """Return the cursor as the API's JSON has it, already percent-encoded [LEA, ING]."""
        return quote(self._plain(position), safe="")

    def decode(self, arrived: str) -> Position | None:
        """Return the position of a cursor that was decoded once; None for one never given out."""
        try:
            raw = base64.b64decode(arrived, validate=True)
        except ValueError:
            return None
        if len(raw) < _HEADER.size:
            return None
        position = Position(*_HEADER.unpack_from(raw))
        return position if self._plain(position) == arrived else None

    def _plain(self, position: Position) -> str:
        header = _HEADER.pack(position.export, position.chunk, position.page_slice)
        padding = hashlib.shake_256(self._secret + header).digest(PADDING_BYTES)
        return base64.b64encode(header + padding).decode()


def is_malformed(arrived: str) -> bool:
    """Tell whether a cursor is no cursor at all; one encoded twice still holds percent signs."""
    return bool(_ENCODED_AGAIN.search(arrived)) or not _SHAPE.fullmatch(arrived)
