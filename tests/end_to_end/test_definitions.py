"""What stands in two places says the same in both."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

import tap_clevertap.client
import target_clevertap.client
from tap_clevertap.tap import TapCleverTap
from target_clevertap.target import TargetCleverTap

ROOT = Path(__file__).parents[2]
PLUGINS = [
    pytest.param("extractors", TapCleverTap, id="tap"),
    pytest.param("loaders", TargetCleverTap, id="target"),
]
KINDS = {
    "string": {"string", "file"},
    "array": {"array"},
    "object": {"object"},
    "integer": {"integer"},
    "number": {"decimal"},
}
OF_THE_SDK = {
    "stream_maps",
    "stream_map_config",
    "faker_config",
    "flattening_enabled",
    "flattening_max_depth",
    "flattening_max_key_length",
    "flattening_separator",
}
SAID_OTHERWISE = {"timezone"}
"""Left without a value in Meltano, so that a run that leaves it unset can say so."""


def schema_of(plugin):
    properties = plugin.config_jsonschema["properties"]
    return {name: each for name, each in properties.items() if name not in OF_THE_SDK}


def definition_of(kind, plugin):
    project = yaml.safe_load((ROOT / "meltano.yml").read_text())
    found = next(each for each in project["plugins"][kind] if each["name"] == plugin.name)
    return {setting["name"]: setting for setting in found["settings"]}


@pytest.mark.parametrize("constant", ["HOSTS", "ACCOUNT_HEADER", "PASSCODE_HEADER"])
def test_both_plugins_reach_clevertap_in_the_same_way(constant):
    of_tap = getattr(tap_clevertap.client, constant)
    assert of_tap == getattr(target_clevertap.client, constant)


@pytest.mark.parametrize(("kind", "plugin"), PLUGINS)
def test_meltano_knows_every_setting_with_its_kind_default_and_secrecy(kind, plugin):
    schema, definition = schema_of(plugin), definition_of(kind, plugin)
    assert definition.keys() == schema.keys()
    for name, setting in definition.items():
        types = set(schema[name]["type"]) - {"null"}
        assert setting["kind"] in KINDS[types.pop()], name
        assert setting.get("sensitive", False) == schema[name].get("secret", False), name
        if name not in SAID_OTHERWISE:
            assert setting.get("value") == schema[name].get("default"), name


@pytest.mark.parametrize("plugin", [TapCleverTap, TargetCleverTap])
def test_the_readme_names_every_setting(plugin):
    text = (ROOT / plugin.name / "README.md").read_text()
    table = text.split("## Settings", 1)[1].split("\n## ", 1)[0]
    named = set(re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", table, re.MULTILINE))
    names = {name for cell in named for name in re.findall(r"\w+", cell)}
    assert names == set(schema_of(plugin))
