"""A copy of an example, with the variables that its README has the reader edit."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

PIP_URL = re.compile(r"^ *pip_url: git\+https://github\.com/OWNER/.*\n", re.MULTILINE)


def copied(example: Path, folder: Path, **values: Any) -> Path:
    """Copy an example, and its `env.example` to `.env`, with other values in it."""
    shutil.copytree(example, folder, dirs_exist_ok=True)
    given = (line.split("=", 1) for line in (folder / "env.example").read_text().splitlines())
    variables = dict(given)
    assert values.keys() <= variables.keys()
    variables |= values
    (folder / ".env").write_text("".join(f"{name}={each}\n" for name, each in variables.items()))
    return folder


def for_the_project(folder: Path, **values: Any) -> None:
    """Edit `.env` as for the real CleverTap: other values, no address, and no key of a stand-in."""
    path = folder / ".env"
    variables = dict(line.split("=", 1) for line in path.read_text().splitlines())
    assert values.keys() <= variables.keys()
    left = {**variables, **values}
    path.write_text(
        "".join(
            f"{name}={each}\n"
            for name, each in left.items()
            if not (name.endswith(("_API_URL", "_ENDPOINT_URL")) or each == "any")
        )
    )


def use_installed(folder: Path) -> None:
    """Have a project take our plugins from where they are installed, not from their repository."""
    path = folder / "meltano.yml"
    text, count = PIP_URL.subn("", path.read_text())
    assert count
    path.write_text(text)
