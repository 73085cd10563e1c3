"""A text as blocks of whole lines, with the number of the first of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

from tap_clevertap.files.errors import UnreadFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCK_BYTES = 1 << 18
"""Some 400 events: what is made of a block stays in the processor's caches."""
LONGEST_LINE = 1 << 24
"""In bytes. The longest event has 1 MB; a profile with all that CleverTap allows has less."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class LineBlock:
    """Some whole lines. Only the last block of a file may end without a line feed."""

    first: int
    """The number of its first line, from 1."""
    content: bytes

    @cached_property
    def count(self) -> int:
        """The number of lines."""
        return len(BytesIO(self.content).readlines())  # four times as fast as to count line feeds

    def ends_in(self, number: int) -> bool:
        """Return whether a line, which has something, is the file's last, without a line feed."""
        return number == self.first + self.count - 1 and not self.content.endswith(b"\n")

    def split_first(self) -> tuple[bytes, LineBlock]:
        """Return the first line that is not blank, without its end, and the block after it."""
        first, rest, number = b"", self.content, self.first
        while rest and not first.strip():
            first, _, rest = rest.partition(b"\n")
            number += 1
        return first.removesuffix(b"\r"), LineBlock(number, rest)

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield the lines that are not blank, with their numbers, without white space around."""
        number, at = self.first, 0
        while at < len(self.content):
            end = (self.content.find(b"\n", at) + 1) or len(self.content)
            if stripped := self.content[at:end].strip():
                yield number, stripped
            number, at = number + 1, end


def blocks_of_lines(content: BinaryIO) -> Iterator[LineBlock]:
    """Yield the lines of a text, without the mark of UTF-8 at its start.

    Raises:
        UnreadFileError: If a line is longer than 16 MiB.
    """
    number = 1
    parts: list[bytes] = []
    some = content.read(BLOCK_BYTES).removeprefix(BYTE_ORDER_MARK)
    while some:
        end = some.rfind(b"\n") + 1
        if end:
            block = LineBlock(number, b"".join([*parts, some[:end]]))
            yield block
            number += block.count
            parts, some = [], some[end:]
        if some:
            parts.append(some)
        if len(parts) * BLOCK_BYTES > LONGEST_LINE:
            message = (
                f"has a line of more than {LONGEST_LINE >> 20} MiB, line {number}; export it "
                "again, or set export_files_format if it is no JSON"
            )
            raise UnreadFileError(message)
        some = content.read(BLOCK_BYTES)
    if parts:
        yield LineBlock(number, b"".join(parts))
