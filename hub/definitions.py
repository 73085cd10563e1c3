"""Writes the definitions for Meltano Hub: from the settings of the plugins, and `hub/written`.

Run as a program, it writes both definitions; with --check it only compares them.
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.scalarstring import LiteralScalarString, SingleQuotedScalarString

from hub.put_owner import YAML_WORDS
from scripts.generated import write_or_check
from scripts.setting_pages import schema_of
from tap_clevertap.tap import TapCleverTap
from target_clevertap.target import TargetCleverTap

if TYPE_CHECKING:
    from singer_sdk.plugin_base import PluginBase

ROOT = Path(__file__).resolve().parent.parent
HUB = ROOT / "hub"
KINDS = {
    "array": "array",
    "boolean": "boolean",
    "integer": "integer",
    "number": "decimal",
    "object": "object",
    "string": "string",
}
"""The Hub's name of each type of JSON schema."""

CLASSIFIER = re.compile(r'"Programming Language :: Python :: (3\.\d+)"')
ENDLESS = 100_000
"""Characters of a line: the Hub's formatter folds none."""

Definition = dict[str, Any]


def definitions() -> dict[Path, str]:
    """Return both definitions, as YAML in the Hub's order, by their files."""
    owner = (HUB / "OWNER").read_text(encoding="utf-8").strip()
    plugins: dict[str, type[PluginBase]] = {"extractors": TapCleverTap, "loaders": TargetCleverTap}
    data = HUB / "_data" / "meltano"
    return {
        data / folder / plugin.name / f"{owner.lower()}.yml": _yaml(_whole(folder, plugin, owner))
        for folder, plugin in plugins.items()
    }


def _whole(folder: str, plugin: type[PluginBase], owner: str) -> Definition:
    """Return a definition: what a person wrote, and what follows from the code."""
    written = YAML(typ="safe").load(HUB / "written" / f"{plugin.name}.yml")
    repository = f"https://github.com/{owner}/clevertap-singer"
    by_code = {
        "capabilities": sorted(str(each.value) for each in plugin.capabilities),
        "docs": f"{repository}/blob/main/{plugin.name}/README.md",
        "executable": plugin.name,
        "log_parser": "singer-sdk",
        "logo_url": f"/assets/logos/{folder}/clevertap.svg",
        "name": plugin.name,
        "namespace": plugin.name.replace("-", "_"),
        "pip_url": f"git+{repository}.git#subdirectory={plugin.name}",
        "repo": repository,
        "settings": _settings(plugin, written),
        "settings_group_validation": [sorted(plugin.config_jsonschema["required"])],
        "supported_python_versions": _pythons(plugin.name),
        "variant": owner.lower(),
    }
    only_for_settings = {"kinds", "option_labels", "in_project_root", "without_value"}
    return {key: written[key] for key in written.keys() - only_for_settings} | by_code


def _pythons(package: str) -> list[str]:
    return CLASSIFIER.findall((ROOT / package / "pyproject.toml").read_text(encoding="utf-8"))


def _settings(plugin: type[PluginBase], written: Definition) -> list[Definition]:
    properties = schema_of(plugin)["properties"]
    return [_setting(name, each, written) for name, each in sorted(properties.items())]


def _setting(name: str, schema: Definition, written: Definition) -> Definition:
    setting = {
        "description": schema["description"],
        "kind": _kind(name, schema, written),
        "label": schema["title"],
        "name": name,
    }
    if "enum" in schema:
        labels = written["option_labels"].get(name, {})
        setting["options"] = [_option(value, labels) for value in schema["enum"] if value]
    if schema.get("secret"):
        setting["sensitive"] = True
    if "default" in schema and name not in written.get("without_value", []):
        setting["value"] = schema["default"]
    if name in written["in_project_root"]:
        setting["value"] = f"$MELTANO_PROJECT_ROOT/{schema['default']}"
    return setting


def _kind(name: str, schema: Definition, written: Definition) -> str:
    if schema.get("secret"):
        return "password"
    if "enum" in schema:
        return "options"
    (type_name,) = set(schema["type"]) - {"null"}
    chosen = (kind for kind, names in written.get("kinds", {}).items() if name in names)
    return next(chosen, KINDS[type_name])


def _option(value: str, labels: dict[str, str]) -> dict[str, str]:
    return {"label": labels.get(value, value.replace("_", " ").title()), "value": value}


def _yaml(definition: Definition) -> str:
    writer = YAML()
    writer.width = ENDLESS
    text = io.StringIO()
    writer.dump(_in_order(definition), text)
    return text.getvalue()


def _in_order(value: Any) -> Any:  # noqa: ANN401 - any YAML
    """Return the same with keys in order, and with texts quoted that other readers misread."""
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_in_order(each) for each in value]
    if isinstance(value, str) and "\n" in value:
        return LiteralScalarString(value)
    return SingleQuotedScalarString(value) if _is_misread(value) else value


def _is_misread(value: Any) -> bool:  # noqa: ANN401 - any YAML
    return isinstance(value, str) and (value[:1].isdigit() or value.lower() in YAML_WORDS)


def main(arguments: list[str]) -> None:
    """Write the definitions, or only compare."""
    write_or_check(definitions(), "hub", arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
