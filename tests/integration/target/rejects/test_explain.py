"""`target-clevertap explain`: what a code means, and how to fix its cause."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from target_clevertap.records.own_codes import CODES

COMMAND = Path(sys.executable).with_name("target-clevertap")


def explain(*arguments):
    command = [COMMAND, "explain", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("515", ["Email", "given by: CleverTap", "docs/sources.md", "invalid: fix"]),
        (" 514 ", ["Gender", "https://developer.clevertap.com/docs/api-errors"]),
        ("UNCERTAIN", ["nobody knows", "given by: target-clevertap"]),
    ],
)
def test_a_code_is_explained(code, named):
    found = explain(code)
    assert (found.returncode, found.stderr) == (0, "")
    assert [each for each in named if each not in found.stdout] == []


def test_without_a_code_all_are_listed():
    found = explain()
    assert found.returncode == 0
    assert [line.split()[0] for line in found.stdout.splitlines()] == [str(c.code) for c in CODES]


@pytest.mark.parametrize(
    ("code", "nearest"),
    [
        ("value_to_long", "did you mean `value_too_long`?"),
        ("521", "the nearest is `520`"),
        ("9" * 5000, "the nearest is `555`"),
        ("\x1b[31m", "no code is similar"),
        ("²", "no code is similar"),
    ],
)
def test_an_unknown_code_names_the_nearest(code, nearest):
    found = explain(code)
    assert (found.returncode, found.stdout) == (1, "")
    assert nearest in found.stderr
    assert "\x1b" not in found.stderr
    assert found.stderr.count("\n") == 1
