"""Settings and rules that blocks show: the plugin's own schema and rules accept them."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from tap_clevertap.tap import TapCleverTap
from target_clevertap.config.rules import read_rules
from target_clevertap.target import TargetCleverTap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk import Tap, Target

PLUGINS = {"tap-clevertap": TapCleverTap, "target-clevertap": TargetCleverTap}


def _schema(plugin: type[Tap | Target]) -> dict[str, Any]:
    schema = deepcopy(plugin.config_jsonschema)
    plugin.append_builtin_config(schema)
    return {**schema, "required": []}


SCHEMAS = {name: _schema(plugin) for name, plugin in PLUGINS.items()}


def settings_of(content: Any) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """Yield the settings in a YAML block, each with the plugins of which one has to know them."""
    for each in content if isinstance(content, list) else [content]:
        if isinstance(each, dict):
            yield from _settings_of(each)


def _settings_of(content: dict[str, Any]) -> Iterator[tuple[list[str], dict[str, Any]]]:
    name = str(content.get("name", "")).split("--")[0]
    if isinstance(content.get("config"), dict):
        if name in {"", *PLUGINS}:
            yield [name] if name else [*PLUGINS], content["config"]
    elif isinstance(content.get("plugins"), dict):
        for plugins in content["plugins"].values():
            yield from settings_of(plugins)
    elif _are_rules(content):
        yield ["target-clevertap"], {"streams": content}
    elif content.keys() != {"select"}:  # that is Meltano's
        known = {name: schema["properties"].keys() for name, schema in SCHEMAS.items()}
        if named := [name for name in PLUGINS if content.keys() <= known[name]]:
            yield named, content


def _are_rules(content: dict[str, Any]) -> bool:
    return bool(content) and all(
        isinstance(each, dict) and each.keys() & {"type", "preset"} for each in content.values()
    )


def faults_of(names: list[str], settings: dict[str, Any]) -> list[str]:
    """Return why none of the plugins takes the settings."""
    found = [_faults(name, json.loads(json.dumps(settings, default=str))) for name in names]
    return [] if [] in found else [fault for faults in found for fault in faults]


def _faults(name: str, settings: dict[str, Any]) -> list[str]:
    schema = SCHEMAS[name]
    plain = {
        key: value
        for key, value in settings.items()
        if not (isinstance(value, str) and "$" in value)  # Meltano puts another value there
    }
    unknown = [key for key in settings if key.split(".")[0] not in schema["properties"]]
    errors = Draft202012Validator(schema).iter_errors(
        {key: value for key, value in plain.items() if "." not in key}
    )
    faults = [f"{name} has no setting `{key}`" for key in unknown]
    faults += [f"{name}: {each.json_path}: {each.message}" for each in errors]
    if not faults and isinstance(settings.get("streams"), dict):
        faults += read_rules(settings["streams"])[1]
    return faults
