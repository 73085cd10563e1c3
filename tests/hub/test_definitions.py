"""The Hub's definitions have the form that the Hub requires, and agree with the code."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from ruamel.yaml import YAML

from tap_clevertap.tap import TapCleverTap
from target_clevertap.target import TargetCleverTap
from tests.support.pages import block

ROOT = Path(__file__).parents[2]
HUB = ROOT / "hub"
OWNER = (HUB / "OWNER").read_text().strip()
REPOSITORY = f"https://github.com/{OWNER}/clevertap-singer"
FILES = sorted((HUB / "_data" / "meltano").glob("*/*/*.yml"))
DATA = sorted((HUB / "_data").rglob("*.yml"))
PLUGINS = [
    pytest.param("extractors", TapCleverTap, id="tap"),
    pytest.param("loaders", TargetCleverTap, id="target"),
]
each_plugin = pytest.mark.parametrize(("folder", "plugin"), PLUGINS)
each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)

KINDS = {
    "string": {"string", "file", "options", "password", "date_iso8601"},
    "array": {"array"},
    "object": {"object"},
    "integer": {"integer"},
    "number": {"decimal"},
    "boolean": {"boolean"},
}
OF_THE_SDK = {
    "batch_config",
    "stream_maps",
    "stream_map_config",
    "flattening_enabled",
    "flattening_max_depth",
    "flattening_max_key_length",
    "flattening_separator",
}
SAID_OTHERWISE = {"timezone"}
"""Left without a value in Meltano, so that a run without it can report that."""


def schema_of(plugin):
    """Return the schemas of all settings of a plugin, the SDK's too."""
    plugin.append_builtin_config(plugin.config_jsonschema)
    return plugin.config_jsonschema["properties"]


def in_folder(value):
    """Return a path without the project's root: a run in a folder below it uses the same file."""
    return value.removeprefix("$MELTANO_PROJECT_ROOT/") if isinstance(value, str) else value


def own(settings):
    return {name: each for name, each in settings.items() if name not in OF_THE_SDK}


def capabilities_of(plugin):
    return sorted(str(capability.value) for capability in plugin.capabilities)


def by_name(definition):
    return {setting["name"]: setting for setting in definition["settings"]}


def commands_of(definition):
    """Return the arguments of each command, in their long or short form."""
    commands = definition.get("commands", {})
    return {
        name: command if isinstance(command, str) else command["args"]
        for name, command in commands.items()
    }


def in_hub(folder, plugin):
    path = HUB / "_data" / "meltano" / folder / plugin.name / f"{OWNER.lower()}.yml"
    return yaml.safe_load(path.read_text())


def in_project(folder, plugin):
    project = yaml.safe_load((ROOT / "meltano.yml").read_text())
    return next(each for each in project["plugins"][folder] if each["name"] == plugin.name)


def faults_of(folder, definition):
    """Return the errors of a definition under the Hub's schema."""
    schema = json.loads((Path(__file__).parent / "definition.schema.json").read_text())
    checker = jsonschema.Draft7Validator({**schema, "$ref": f"#/definitions/{folder}"})
    return [error.message for error in checker.iter_errors(definition)]


def in_order(value):
    """Return the same with all keys in order, and without comments and formatting."""
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value)}
    return [in_order(each) for each in value] if isinstance(value, list) else value


# What the Hub's checks want


@each_file
def test_a_definition_fits_the_schema_of_the_hub(path):
    assert faults_of(path.parts[-3], yaml.safe_load(path.read_text())) == []


@pytest.mark.parametrize(
    "change",
    [
        {"quality": None},
        {"maintained": "yes"},
        {"select": "*.*"},
        {"capabilities": ["flying"]},
        {"settings": [{"name": "x", "kind": "number"}]},
        {"settings": [{"name": "x", "secret": True}]},
        {"supported_python_versions": ["3.10+"]},
    ],
    ids=str,
)
def test_the_schema_refuses_what_the_hub_would_refuse(change):
    definition = {**in_hub("extractors", TapCleverTap), **change}
    given = {key: value for key, value in definition.items() if value is not None}
    assert len(faults_of("extractors", given)) == 1


@pytest.mark.parametrize("path", DATA, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_keys_are_in_order_and_nothing_is_written_in_braces(path):
    reader = YAML()
    reader.preserve_quotes = True
    reader.width = 10_000  # the Hub takes lines of any length, but no space at a line's end
    written = io.StringIO()
    reader.dump(in_order(reader.load(path.read_text())), written)
    assert path.read_text() == written.getvalue()
    assert not re.search(r"[ \t]$", path.read_text(), re.MULTILINE)


@each_file
def test_lists_without_a_meaningful_order_are_sorted(path):
    definition = yaml.safe_load(path.read_text())
    names = [setting["name"] for setting in definition["settings"]]
    for each in (names, definition["capabilities"], *definition["settings_group_validation"]):
        assert each == sorted(set(each))


@each_file
def test_folder_and_file_are_called_like_plugin_and_variant(path):
    definition = yaml.safe_load(path.read_text())
    assert (definition["name"], definition["variant"]) == (path.parent.name, path.stem)
    assert definition["namespace"] == path.parent.name.replace("-", "_")


def test_every_variant_has_its_maintainer_and_every_maintainer_a_variant():
    maintainers = yaml.safe_load((HUB / "_data" / "maintainers.yml").read_text())
    assert set(maintainers) == {path.stem for path in FILES} == {OWNER.lower()}
    for name, maintainer in maintainers.items():
        assert maintainer.keys() == {"label", "name", "url"}
        assert maintainer["name"] == name
        assert maintainer["url"] == f"https://github.com/{OWNER}"


def test_every_plugin_has_a_default_variant():
    defaults = yaml.safe_load((HUB / "_data" / "default_variants.yml").read_text())
    assert defaults == {
        folder: {plugin.name: OWNER.lower()}
        for folder, plugin in (parameters.values for parameters in PLUGINS)
    }


@each_file
def test_the_logo_lies_where_the_definition_says(path):
    logo_url = yaml.safe_load(path.read_text())["logo_url"]
    assert logo_url == f"/assets/logos/{path.parts[-3]}/clevertap.svg"
    assert (HUB / "static" / logo_url.removeprefix("/")).read_text().startswith("<svg ")


# Agreement of the code, meltano.yml, the Hub and the READMEs


@each_plugin
def test_the_hub_knows_every_setting_of_the_code(folder, plugin):
    schema, definition = schema_of(plugin), by_name(in_hub(folder, plugin))
    assert definition.keys() == schema.keys()
    for name, setting in definition.items():
        assert setting["label"] == schema[name]["title"]
        assert setting["description"] == schema[name]["description"]
        assert ("options" in setting) == ("enum" in schema[name]) == (setting["kind"] == "options")
        options = [option["value"] for option in setting.get("options", [])]
        assert options == [value for value in schema[name].get("enum", []) if value is not None]
        assert (setting["kind"] == "password") == schema[name].get("secret", False)


@pytest.mark.parametrize("definition_of", [in_hub, in_project])
@each_plugin
def test_settings_have_the_kind_default_label_and_secrecy_of_the_code(
    folder, plugin, definition_of
):
    schema, definition = schema_of(plugin), by_name(definition_of(folder, plugin))
    assert own(definition).keys() == own(schema).keys()
    for name, setting in definition.items():
        types = set(schema[name]["type"]) - {"null"}
        assert setting["kind"] in KINDS[types.pop()], name
        assert setting["label"] == schema[name]["title"]
        assert setting.get("sensitive", False) == schema[name].get("secret", False), name
        if name not in SAID_OTHERWISE:
            assert in_folder(setting.get("value")) == schema[name].get("default"), name


@pytest.mark.parametrize("definition_of", [in_hub, in_project])
@each_plugin
def test_definitions_have_the_capabilities_and_needs_of_the_code(folder, plugin, definition_of):
    definition = definition_of(folder, plugin)
    assert sorted(definition["capabilities"]) == capabilities_of(plugin)
    needed = sorted(plugin.config_jsonschema["required"])
    assert [sorted(group) for group in definition["settings_group_validation"]] == [needed]
    names = {command.name for command in plugin.commands()}
    assert commands_of(definition).keys() <= names
    assert commands_of(definition) == commands_of(in_hub(folder, plugin))
    assert definition["log_parser"] == "singer-sdk"
    assert definition["executable"] == plugin.name
    assert definition["label"] == "CleverTap"


@each_plugin
def test_the_hub_says_where_the_package_is_and_what_runs_it(folder, plugin):
    definition = in_hub(folder, plugin)
    assert definition["repo"] == REPOSITORY
    assert definition["docs"] == f"{REPOSITORY}/blob/main/{plugin.name}/README.md"
    assert definition["pip_url"] == f"git+{REPOSITORY}.git#subdirectory={plugin.name}"
    package = (ROOT / plugin.name / "pyproject.toml").read_text()
    classified = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', package)
    assert definition["supported_python_versions"] == classified
    assert {"api", "meltano_sdk"} <= set(definition["keywords"])
    assert definition["prereq"]
    assert definition["usage"]


def table_of(plugin):
    """Return the default written in a README for each setting."""
    text = (ROOT / plugin.name / "README.md").read_text()
    table = text.split("## Settings", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (.*?) ?\|", table, re.MULTILINE)
    return {name: default for names, default in rows for name in re.findall(r"\w+", names)}


def literal(text):
    """Return the value of a default that is a number, or is in backticks."""
    quoted = re.fullmatch(r"`(.*)`", text)
    if quoted and not quoted[1].startswith(("[", "{")) and quoted[1] not in {"true", "false"}:
        return quoted[1]
    return json.loads(quoted[1] if quoted else text)


@pytest.mark.parametrize("plugin", [TapCleverTap, TargetCleverTap])
def test_the_readme_names_every_setting_with_its_default(plugin):
    schema, table = own(schema_of(plugin)), table_of(plugin)
    assert table.keys() == schema.keys()
    for name, default in table.items():
        assert (default == "required") == (name in plugin.config_jsonschema["required"]), name
        if re.match(r"`|-?\d+$", default):
            assert literal(default) == schema[name]["default"], name
        else:  # words describe what happens without a value
            assert "default" not in schema[name], name


def projects_to_copy():
    """Return the examples, and what the target's README gives to paste, as projects."""
    pasted = block("target-clevertap/README.md", "A first run", "yaml")
    examples = sorted(ROOT.glob("examples/**/meltano.yml"))
    texts = {path.parent.name: path.read_text() for path in examples} | {"readme": pasted}
    return [pytest.param(yaml.safe_load(text), id=name) for name, text in texts.items()]


@pytest.mark.parametrize("project", projects_to_copy())
def test_what_there_is_to_copy_is_what_the_hub_would_add(project):
    compared = 0
    for folder, plugin in (parameters.values for parameters in PLUGINS):
        schema, definition = schema_of(plugin), in_hub(folder, plugin)
        for entry in project["plugins"].get(folder, []):
            if entry["name"] == plugin.name:
                settings, in_the_hub = by_name(entry), by_name(definition)
                named = {name.split(".")[0] for name in settings}
                assert {name for name in settings if settings[name].get("sensitive")} >= {
                    name for name in named if in_the_hub[name].get("sensitive")
                }
                assert named | entry["config"].keys() <= schema.keys()
                keys = (entry.keys() & definition.keys()) - {"settings", "commands"}
                assert commands_of(entry).items() >= commands_of(definition).items()
                needed = {"pip_url", "executable", "capabilities", "log_parser"}
                assert needed | ({"select"} & definition.keys()) <= keys
                assert {key: entry[key] for key in keys} == {key: definition[key] for key in keys}
                compared += 1
    assert compared


@pytest.mark.parametrize("package", ["tap-clevertap", "target-clevertap", "clevertap-emulator"])
def test_links_of_a_package_hold_outside_the_repository(package):
    text = (ROOT / package / "README.md").read_text()
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert [link for link in links if not link.startswith(("https://", "#"))] == []
    for link in links:
        if link.startswith(f"{REPOSITORY}/blob/main/"):
            path = link.removeprefix(f"{REPOSITORY}/blob/main/").split("#")[0]
            assert (ROOT / path).is_file(), link


@pytest.mark.parametrize("definition_of", [in_hub, in_project])
def test_files_that_outlive_a_run_are_in_the_root_of_the_project(definition_of):
    settings = by_name(definition_of("loaders", TargetCleverTap))
    for name in ("ledger_path", "rejects_path"):
        assert settings[name]["value"].startswith("$MELTANO_PROJECT_ROOT/")
