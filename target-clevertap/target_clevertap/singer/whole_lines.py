"""Text that comes in chunks, cut into whole lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import NoReturn

CHUNK_BYTES = 1 << 18

LONGEST_LINE_BYTES = 64 << 20
"""Sixteen times what a request may hold: what is longer is no record that could be sent."""

TOO_LONG = f"it is longer than {LONGEST_LINE_BYTES >> 20} MB"

OTHER_ENCODINGS = {
    b"\xff\xfe\0\0": "UTF-32",
    b"\0\0\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"{\0\0\0": "UTF-32",
    b"\0\0\0{": "UTF-32",
    b"{\0": "UTF-16",
    b"\0{": "UTF-16",
}
"""Encodings by how their text begins: a byte order mark, or the brace of a message."""


def other_encoding(line: bytes) -> str | None:
    """Return the encoding of a line that is not in UTF-8, where its beginning shows it."""
    for beginning, encoding in OTHER_ENCODINGS.items():
        if line.startswith(beginning):
            return encoding
    return None


def whole_lines(
    chunks: Iterable[bytes | None], too_long: Callable[[], NoReturn]
) -> Iterator[bytes | None]:
    """Yield whole lines, many at once; the last may lack its end.

    Args:
        chunks: Of text; None is yielded as it comes.
        too_long: Raises for a line that is longer than any record can be.
    """
    begun: list[bytes] = []
    length = 0
    for chunk in chunks:
        if chunk is None:
            yield None
            continue
        end = chunk.rfind(b"\n") + 1
        if not end:
            begun.append(chunk)
            length += len(chunk)
            if length > LONGEST_LINE_BYTES:
                too_long()
            continue
        yield b"".join((*begun, chunk[:end]))
        begun, length = [chunk[end:]], len(chunk) - end
    if any(begun):
        yield b"".join(begun)
