"""Reads templates of CloudFormation: their properties with references replaced."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from yaml.nodes import Node


class TemplateLoader(yaml.SafeLoader):
    """Reads `!Ref x` as `{"Ref": "x"}`, and the other functions by their tags."""


def _function(loader: TemplateLoader, tag: str, node: Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        return {tag: loader.construct_scalar(node)}
    return {tag: loader.construct_sequence(node)}


TemplateLoader.add_multi_constructor("!", _function)


def resources(path: Path) -> dict[str, Any]:
    """Return the resources of a template, as they are written."""
    return yaml.load(path.read_text(), TemplateLoader)["Resources"]  # noqa: S506 - a SafeLoader


def resolved(value: Any, names: Mapping[str, Any]) -> Any:
    """Return a part of a template with its references replaced by `names`, such as `A.Arn`."""
    if isinstance(value, list):
        return [resolved(each, names) for each in value]
    if not isinstance(value, dict):
        return value
    match value:
        case {"Ref": name} | {"GetAtt": name}:
            return names[name]
        case {"Sub": text}:
            return re.sub(r"\$\{([^}]+)\}", lambda found: str(names[found[1]]), text)
    return {key: resolved(each, names) for key, each in value.items()}
