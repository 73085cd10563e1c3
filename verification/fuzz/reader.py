"""What is fuzzed: a reader, what it reads, and what is to hold whatever it reads."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import TYPE_CHECKING

from verification.fuzz.mutation import Mutation, words_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from verification.fuzz.trees import Tree

BETWEEN = b"\n---\n"
"""The separator between the parts of an input that has several."""


class Wrong(AssertionError):  # noqa: N818 - what is found, and no error of the fuzzer's
    """Something that a reader may not do, such as losing a record or naming no line."""


@dataclass(frozen=True)
class Reader:
    """One parser of external input."""

    name: str
    form: str
    """How its input is changed: as `lines`, `parts` or a `document` of JSON, or as `bytes`."""

    seeds: list[bytes]
    """Input as it should be."""

    read: Callable[[bytes], object]
    """Reads an input; raises for what may not be: any error but those that are documented."""

    words: tuple[bytes, ...] = ()
    """More JSON whose names and values are known to the reader."""

    def changed(self, content: bytes, seed: int) -> bytes:
        """Return an input with some changes; equal ones for an equal seed."""
        mutation = Mutation(Random(seed), self._known)
        if self.form == "lines":
            return mutation.of_lines(content)
        if self.form == "parts":
            return mutation.of_parts(content, BETWEEN)
        if self.form == "document":
            return mutation.of_document(content)
        return mutation.of_bytes(content)

    @cached_property
    def _known(self) -> list[Tree]:
        return words_of([*self.seeds, *self.words])


def expect(is_so: object, fault: str) -> None:
    """Raise where something does not hold.

    Raises:
        Wrong: With the fault.
    """
    if not is_so:
        raise Wrong(fault)


def be_quiet() -> None:
    """Have the plugins log nothing: a reader is read thousands of times."""
    logging.disable(logging.CRITICAL)
