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
    """A page: the export, the chunk of days in it, the page in that chunk."""

    export: int
    chunk: int = 0
    page: int = 0


class Cursors:
    """Encodes and decodes cursors; they are valid in one process only."""

    def __init__(self) -> None:
        self._secret = secrets.token_bytes(16)

    def encode(self, position: Position) -> str:
        """Return the cursor percent-encoded, as in the API's JSON [LEA, ING]."""
        return quote(self._plain(position), safe="")

    def decode(self, cursor: str) -> Position | None:
        """Return the position of a cursor without percent-encoding; None if it is unknown."""
        try:
            raw = base64.b64decode(cursor, validate=True)
        except ValueError:
            return None
        if len(raw) < _HEADER.size:
            return None
        position = Position(*_HEADER.unpack_from(raw))
        return position if self._plain(position) == cursor else None

    def _plain(self, position: Position) -> str:
        header = _HEADER.pack(position.export, position.chunk, position.page)
        padding = hashlib.shake_256(self._secret + header).digest(PADDING_BYTES)
        return base64.b64encode(header + padding).decode()


def is_malformed(cursor: str) -> bool:
    """Return whether this is not a cursor: encoded twice, it still has percent signs."""
    return bool(_ENCODED_AGAIN.search(cursor)) or not _SHAPE.fullmatch(cursor)
