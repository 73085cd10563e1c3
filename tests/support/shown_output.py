"""What the blocks of a page print, compared with what the page shows.

A block of `text` after a shell block shows what its commands print: the log, then the output. There
`…` is any text in a line, and any number of lines where it is a line of its own. Nothing else may
be printed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.support.pages import Block, blocks

if TYPE_CHECKING:
    from tests.support.page_reader import Reader

STARTS = re.compile(r"^clevertap-emulator .*&$", re.MULTILINE)
READY = """
for _ in $(seq 300); do
  if curl -s localhost:{port}/_emulator/health > ready; then break; fi
  sleep 0.1
done
"""


def shown_after(block: Block) -> str | None:
    """Return what a page shows of a block's output, or None if it shows nothing."""
    of_page = blocks(block.page)
    following = of_page[of_page.index(block) + 1 :][:1]
    return following[0].text if following and following[0].language == "text" else None


def as_pattern(shown: str) -> str:
    """Return a pattern for a whole output of which `…` hides parts."""
    return "".join(
        r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*") + r"\n"
        for line in shown.splitlines()
    )


def follow(reader: Reader, steps: list[Block]) -> None:
    """Run blocks in a reader's shell; each has to succeed, and to print what its page shows."""
    for step in steps:
        waits = READY.format(port=reader.port) if STARTS.search(step.text) else ""
        finished = reader.type(step.text + waits)
        shown = shown_after(step)
        if shown is not None:
            compare(step, shown, as_on_the_page(reader, finished.log + finished.output))


def as_on_the_page(reader: Reader, printed: str) -> str:
    """Return an output with the port of the page, without spaces at the ends of lines."""
    lines = printed.replace(str(reader.port), "8025").splitlines()
    return "".join(f"{line.rstrip()}\n" for line in lines)


def compare(step: Block, shown: str, printed: str) -> None:
    """Compare an output with what the page shows."""
    assert re.fullmatch(as_pattern(shown), printed), (
        f"{step}: {step.text}\nshows\n{shown}\nand printed\n{printed}"
    )
