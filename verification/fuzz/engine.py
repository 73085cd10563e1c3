"""One reader under atheris, guided by what of our packages it reaches.

Run it as `python -m verification.fuzz.engine`.
The first argument names the reader, the others are libFuzzer's own.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import atheris

from verification.fuzz.reader import be_quiet

if TYPE_CHECKING:
    from verification.fuzz.reader import Reader

OURS = ["tap_clevertap", "target_clevertap"]
BYTES_ONLY = 5
"""Of so many changes one is libFuzzer's own, which knows no JSON."""


def main(name: str, arguments: list[str]) -> None:
    """Fuzz a reader until libFuzzer ends."""
    be_quiet()
    with atheris.instrument_imports(include=OURS):
        reader: Reader = import_module(f"verification.fuzz.readers.{name}").READER

    def changed(content: bytes, most_bytes: int, seed: int) -> bytes:
        if seed % BYTES_ONLY == 0:
            mutated: bytes = atheris.Mutate(content, most_bytes)
            return mutated
        return reader.changed(content, seed)[:most_bytes]

    atheris.Setup([sys.argv[0], *arguments], reader.read, custom_mutator=changed)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
