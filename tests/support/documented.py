"""What the documents show, to be run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
MOST_LINES = 10


def documented(document: str, heading: str) -> Any:
    """Return the value of the one YAML block under a heading of a document."""
    text = (ROOT / document).read_text()
    section = re.split(r"^#+ ", text.split(f" {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)
    (block,) = re.findall(r"^```yaml\n(.*?)^```", section[0], re.DOTALL | re.MULTILINE)
    assert len(block.splitlines()) < MOST_LINES
    return yaml.safe_load(block)
