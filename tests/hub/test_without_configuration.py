"""Programs describe themselves without any configuration, as the Hub requires."""

from __future__ import annotations

import json
import subprocess
from importlib.metadata import version

import pytest

from tap_clevertap.streams.stream_names import FURTHER_STREAMS
from tests.support.plugin_process import BIN

PLUGINS = ["tap-clevertap", "target-clevertap"]
PROGRAMS = [*PLUGINS, "clevertap-emulator"]


@pytest.fixture
def ask(tmp_path):
    """Run a program where there is nothing, and return what it writes."""

    def run(program, *arguments):
        finished = subprocess.run(
            [str(BIN / program), *arguments],
            cwd=tmp_path,
            env={"HOME": str(tmp_path)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
            timeout=60,
        )
        assert finished.returncode == 0, finished.stderr
        assert "Traceback" not in finished.stderr
        assert list(tmp_path.iterdir()) == []
        return finished.stdout

    return run


@pytest.mark.parametrize("program", PROGRAMS)
def test_version_is_reported(ask, program):
    assert version(program) in ask(program, "--version")


@pytest.mark.parametrize("program", PROGRAMS)
def test_help_names_the_options(ask, program):
    assert "--version" in ask(program, "--help")


@pytest.mark.parametrize("plugin", PLUGINS)
def test_about_as_json_has_all_that_the_hub_reads(ask, plugin):
    about = json.loads(ask(plugin, "--about", "--format", "json"))
    assert about["name"] == plugin
    assert about["capabilities"]
    assert about["supported_python_versions"]
    for setting in about["settings"]["properties"].values():
        assert setting["title"]
        assert setting["description"]


@pytest.mark.parametrize("plugin", PLUGINS)
def test_about_as_markdown_has_a_table_of_settings(ask, plugin):
    text = ask(plugin, "--about", "--format", "markdown")
    assert text.startswith(f"# `{plugin}`")
    assert "| passcode |" in text


@pytest.mark.parametrize("plugin", PLUGINS)
def test_about_as_text_names_the_plugin(ask, plugin):
    assert ask(plugin, "--about").startswith(f"Name: {plugin}\n")


def test_the_tap_discovers_its_streams(ask):
    catalog = json.loads(ask("tap-clevertap", "--discover"))
    selected = {
        stream["tap_stream_id"]
        for stream in catalog["streams"]
        for each in stream["metadata"]
        if not each["breadcrumb"] and each["metadata"]["selected"]
    }
    assert selected == {"events", "profiles"}
    assert len(catalog["streams"]) == len(selected) + len(FURTHER_STREAMS)
