"""The command `presets`, and the documents that show the same."""

from __future__ import annotations

import subprocess

import pytest
import yaml

from scripts import preset_tables
from target_clevertap.rules.presets import NAMES
from tests.support.plugin_process import BIN


def presets(*arguments):
    command = [str(BIN / "target-clevertap"), "presets", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_list_has_a_line_for_each():
    listed = presets().stdout.splitlines()
    assert [line.split()[0] for line in listed] == [*NAMES]
    assert all(len(line.split()) > 3 for line in listed)


@pytest.mark.parametrize("name", NAMES)
def test_the_yaml_of_a_preset(name):
    shown = presets(name)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert {"kinds", "type"} & {*yaml.safe_load(shown.stdout)}


def test_an_unknown_name():
    shown = presets("segmnt")
    assert shown.returncode == 1
    assert "presets: `segmnt` is not a preset; did you mean `segment`?" in shown.stderr


def test_the_document_has_the_tables_of_the_presets():
    assert preset_tables.document() == preset_tables.DOCUMENT.read_text(), "run make reference"
