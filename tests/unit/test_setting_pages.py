"""The pages of settings are those of the code, and each example is one that the plugin takes."""

from __future__ import annotations

import shlex

import click
import jsonschema
import pytest
import yaml

from clevertap_emulator.cli import main as emulator
from clevertap_emulator.flags import settings_of
from clevertap_emulator.settings import Settings
from scripts import setting_pages as pages
from tap_clevertap.config.settings import TapSettings
from tap_clevertap.tap import TapCleverTap
from target_clevertap.config.schema import CONFIG_SCHEMA
from target_clevertap.config.settings import RunSettings
from target_clevertap.target import TargetCleverTap
from tests.support.pages import every

ACCOUNT = {"account_id": "TEST-000-0000", "passcode": "ABC-DEF-GHIJ"}
EXAMPLES = [
    pytest.param(plugin, name, text, id=f"{plugin.name}-{name}")
    for plugin in (TapCleverTap, TargetCleverTap)
    for name, text in pages.examples_of(plugin.name).items()
]
COMMANDS = [emulator, *emulator.commands.values()]
FLAGS = [
    pytest.param(command, option, id=f"{command.name}{option.opts[0]}")
    for command in COMMANDS
    for option in pages.options_of(command)
]


def test_the_pages_are_those_of_the_code():
    old = [path for path, text in pages.documents().items() if path.read_text() != text]
    assert old == [], "run make reference"


def test_a_flag_without_a_default_has_none():
    assert "Sentinel" not in pages.emulator_page()


def test_a_setting_without_example_is_named(monkeypatch):
    monkeypatch.setattr(pages, "examples_of", lambda _plugin: {})
    with pytest.raises(
        ValueError, match=r"account_id.* no example; add it to scripts/settings/tap-"
    ):
        pages.documents()


def test_a_page_that_differs_is_named(monkeypatch):
    monkeypatch.setattr(pages, "HEAD", "other {name} {title} {readme}")
    with pytest.raises(SystemExit, match=r"settings-tap\.md: it is old; run make reference"):
        pages.main(["--check"])


@pytest.mark.parametrize("plugin", [TapCleverTap, TargetCleverTap], ids=lambda each: each.name)
def test_every_setting_has_an_example(plugin):
    assert pages.examples_of(plugin.name).keys() == pages.schema_of(plugin)["properties"].keys()


def test_every_flag_has_an_example():
    flags = {
        option.opts[0].removeprefix("--") for each in COMMANDS for option in pages.options_of(each)
    }
    assert pages.flag_examples().keys() == flags


def shown(blocks):
    """Return what blocks set, by the setting whose heading they are under."""
    found = {}
    for each in blocks:
        found.setdefault(each.heading.strip("`"), {}).update(yaml.safe_load(each.text)["config"])
    return found


def test_the_blocks_of_the_pages_are_the_examples():
    for plugin, blocks in (
        (TapCleverTap, every("docs/settings-tap.md", "yaml")),
        (TargetCleverTap, every("docs/settings-target.md", "yaml")),
    ):
        examples = {
            name: yaml.safe_load(text) for name, text in pages.examples_of(plugin.name).items()
        }
        secrets = {
            name
            for name, each in pages.schema_of(plugin)["properties"].items()
            if each.get("secret")
        }
        plain = {
            name: {key: value for key, value in each.items() if key not in secrets}
            for name, each in examples.items()
        }
        assert shown(blocks) == {name: each for name, each in plain.items() if each}


@pytest.mark.parametrize(
    "found",
    [*every("docs/settings-tap.md", "shell"), *every("docs/settings-target.md", "shell")],
    ids=str,
)
def test_a_variable_of_a_block_is_one_of_a_setting(found):
    names = [line.partition("=")[0] for line in found.text.splitlines()]
    plugin = TapCleverTap if names[0].startswith("TAP_") else TargetCleverTap
    prefix = f"{plugin.name.upper().replace('-', '_')}_"
    known = {f"{prefix}{name.upper()}" for name in pages.schema_of(plugin)["properties"]}
    assert {*names} <= known


@pytest.mark.parametrize(("plugin", "name", "text"), EXAMPLES)
def test_an_example_is_accepted(plugin, name, text, tmp_path, monkeypatch):
    config = yaml.safe_load(text.replace("$MELTANO_PROJECT_ROOT", str(tmp_path)))
    assert name in config
    assert config[name] != pages.schema_of(plugin)["properties"][name].get("default")
    config = {**ACCOUNT, **config}
    schema = pages.schema_of(plugin)
    jsonschema.Draft7Validator(schema).validate(config)
    assert config.keys() <= schema["properties"].keys()
    monkeypatch.chdir(tmp_path)
    if plugin is TapCleverTap:
        assert TapSettings.from_config(config).account_id
    else:
        defaults = {
            key: each["default"]
            for key, each in CONFIG_SCHEMA["properties"].items()
            if "default" in each
        }
        assert RunSettings.from_config({**defaults, **config}).account_id


@pytest.mark.parametrize(("command", "option"), FLAGS)
def test_a_flags_example_is_accepted(command, option, tmp_path, monkeypatch):
    (tmp_path / "incoming").mkdir()
    monkeypatch.chdir(tmp_path)
    required = [each for each in pages.options_of(command) if each.required and each is not option]
    words = shlex.split(" ".join(map(pages.example_of, [*required, option])))
    with command.make_context(command.name, words) as context:
        name = option.name
        assert context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
        assert context.params[name] != option.default
        if command is emulator and name in Settings.__dataclass_fields__:
            assert settings_of(Settings, context.params) != Settings()


def test_secrets_are_shown_as_variables_only():
    for name, plugin in pages.PLUGINS.items():
        text = (pages.DOCS / name).read_text()
        properties = pages.schema_of(plugin)["properties"]
        secrets = [each for each, schema in properties.items() if schema.get("secret")]
        assert secrets
        assert [each for each in secrets if f"\n  {each}:" in text] == []
