"""What the documents show, to be run: the sections of features, each short enough to be read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
README = "tap-clevertap/README.md"
MOST_LINES = 10


def section(document: str, heading: str) -> str:
    """Return what is under a heading of a document."""
    text = (ROOT / document).read_text()
    (_, found) = re.split(rf"^#+ {re.escape(heading)}\n", text, flags=re.MULTILINE)
    return re.split(r"^#+ ", found, maxsplit=1, flags=re.MULTILINE)[0]


def lines_of(text: str) -> list[str]:
    """Return the lines of a section that a person reads."""
    return [line for line in text.splitlines() if line and not line.startswith("```")]


def block(document: str, heading: str, language: str) -> str:
    """Return the one block of a language under a heading, which has under ten lines."""
    text = section(document, heading)
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert len(found.splitlines()) < MOST_LINES
    return found


def documented(document: str, heading: str) -> dict[str, Any]:
    """Return the settings of the one YAML block under a heading, as Meltano hands them on."""
    content = yaml.safe_load(block(document, heading, "yaml"))
    assert content.keys() == {"config"}
    settings: dict[str, Any] = json.loads(json.dumps(content["config"], default=str))  # dates
    return settings
