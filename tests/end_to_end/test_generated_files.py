"""Files that programs write are the same in any locale, time zone and order of a set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.generated import table_row, write_or_check

ROOT = Path(__file__).parents[2]
PROGRAMS = (
    "scripts.reference",
    "scripts.preset_tables",
    "scripts.setting_pages",
    "scripts.pictures",
    "hub.definitions",
)
ELSEWHERE = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "TZ": "Pacific/Kiritimati"}
STRICT = ("-X", "utf8=0", "-X", "warn_default_encoding", "-W", "error::EncodingWarning:__main__")
"""Text that is read without a named encoding is an error."""


@pytest.mark.parametrize("seed", ["0", "77"])
@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_writes_the_same_anywhere(program, seed):
    environment = {**os.environ, **ELSEWHERE, "PYTHONHASHSEED": seed}
    command = [sys.executable, *STRICT, "-m", program, "--check"]
    finished = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, check=False, text=True
    )
    assert (finished.returncode, finished.stdout) == (0, ""), finished.stderr


def test_a_bar_in_a_cell_ends_no_cell():
    assert table_row(["a", "`b|c`"]) == "| a | `b\\|c` |\n"


def test_an_argument_that_is_misspelled_writes_nothing(tmp_path):
    path = tmp_path / "page.md"
    path.write_text("old")
    with pytest.raises(SystemExit, match="--chekc: only --check is known"):
        write_or_check({path: "new"}, "reference", ["--chekc"])
    assert path.read_text() == "old"
    with pytest.raises(SystemExit, match="it is old; run make reference"):
        write_or_check({path: "new"}, "reference", ["--check"])
    write_or_check({path: "new"}, "reference", [])
    assert path.read_text() == "new"
