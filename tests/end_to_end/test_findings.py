"""Each script under findings/ describes a behaviour, can be started, and is in the table."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "findings"
SCRIPTS = sorted(FOLDER.glob("*.sh"))
HEAD = re.compile(
    r"#!/usr/bin/env bash\n"
    r"# Behaviour: (?P<behaviour>.+\n(?:#   .+\n)+)"
    r"# Version: (?P<version>.+\n(?:#   .+\n)*)"
    r"# Source: (?P<source>.+\n(?:#   .+\n)*)"
    r"# First seen: \d{4}-\d\d-\d\d\n"
    r"set -euo pipefail\n"
)
ROW = re.compile(r"^\| ([\w-]+) \| (.*\d\.\d.*) \|$", re.MULTILINE)
OTHER_INDEX = re.compile(r"--(index-url|extra-index-url|find-links|trusted-host)|PIP_")
ADDRESS = re.compile(r"https?://([\w.-]+)")

each_script = pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)


def test_the_table_has_each_script_once_with_its_version():
    listed = [name for name, _ in ROW.findall((FOLDER / "README.md").read_text())]
    assert sorted(listed) == sorted(script.stem for script in SCRIPTS)


@each_script
def test_a_script_can_be_started(script):
    assert os.access(script, os.X_OK)


@each_script
def test_a_script_begins_with_behaviour_version_source_and_date(script):
    head = HEAD.match(script.read_text())
    assert head is not None
    assert re.search(r"\d+\.\d+", head["version"])
    assert len(head["source"].split()) >= 2


@each_script
def test_a_script_installs_the_versions_that_it_names(script):
    text = script.read_text()
    head = HEAD.match(text)
    assert head is not None
    pins = re.findall(r"==([\w.]+)", text)
    assert pins
    assert pins[0] in head["version"]


@each_script
def test_a_script_names_no_package_index_and_no_host(script):
    text = script.read_text()
    assert OTHER_INDEX.search(text) is None
    assert set(ADDRESS.findall(text)) <= {"127.0.0.1"}


@each_script
def test_a_script_ends_what_it_starts_and_says_its_verdict(script):
    text = script.read_text()
    assert "trap 'rm -rf \"$work\"' EXIT" in text
    assert text.count("as described") == 1
    assert text.rstrip().endswith("exit 1\nfi")
