"""The definitions in `hub/`, added and installed by Meltano as they are."""

from __future__ import annotations

import json
from importlib.metadata import version

import pytest
import yaml

from tests.partners.hub_api import DATA, hub_api
from tests.partners.meltano_project import OWNER, Project, installing_environment

EMPTY_PROJECT = "default_environment: dev\nenvironments: [{name: dev}]\n"
PLUGINS = {"tap-clevertap": "extractors", "target-clevertap": "loaders"}


def definition_of(name):
    return DATA / "meltano" / PLUGINS[name] / name / f"{OWNER.lower()}.yml"


@pytest.fixture
def project(tmp_path, repository):
    """An empty project, where the project's address leads to the files of this checkout."""
    (tmp_path / "meltano.yml").write_text(EMPTY_PROJECT)
    return Project(tmp_path, installing_environment(repository))


def test_the_definitions_are_added_by_reference_and_work(project, start_emulator):
    for name in PLUGINS:
        project.meltano("add", "--from-ref", str(definition_of(name)), name)
    emulator = start_emulator(days=2, events_per_day=50, timezone="UTC")
    charged = emulator.truth(event_name="Charged", kind="events")["events"]
    project.use_emulator(emulator)
    assert "is valid" in project.meltano("config", "test", "tap-clevertap").output
    settings = {"TAP_CLEVERTAP_EVENTS": '["Charged"]', "TAP_CLEVERTAP_TIMEZONE": "UTC"}
    project.run("tap-clevertap", "target-clevertap", **settings)
    assert len(emulator.uploads(kind="events")["events"]) == len(charged) > 0


@pytest.fixture(scope="module")
def hub_url():
    with hub_api() as address:
        yield address


@pytest.mark.parametrize("name", PLUGINS)
def test_the_hub_gives_what_a_plain_add_needs(project, hub_url, name):
    project.meltano("add", name, MELTANO_HUB_URL=hub_url)
    variant = OWNER.lower()
    added = project.plugin(project.definition, name)
    definition = yaml.safe_load(definition_of(name).read_text())
    assert added == {"name": name, "variant": variant, "pip_url": definition["pip_url"]}
    locked = json.loads(
        (project.folder / "plugins" / PLUGINS[name] / f"{name}--{variant}.lock").read_text()
    )
    for key in ("log_parser", "capabilities", "settings_group_validation", "namespace", "label"):
        assert locked[key] == definition[key], key
    assert {each["name"] for each in locked["settings"]} == {
        each["name"] for each in definition["settings"]
    }
    # Once it is locked, the Hub is asked no more.
    printed = project.meltano("invoke", name, "--version", MELTANO_HUB_URL="http://127.0.0.1:9")
    assert f"{name} v{version(name)}" in printed.output
