"""Plugins of the SDK that do nothing; the first argument is tap or target."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk import Tap, Target
from typing_extensions import override

if TYPE_CHECKING:
    from singer_sdk.plugin_base import PluginBase


class EmptyTap(Tap):
    """A tap without streams."""

    name = "empty-tap"
    config_jsonschema: ClassVar[dict[str, Any]] = {"properties": {}}

    @override
    def discover_streams(self) -> list[Any]:
        return []


class EmptyTarget(Target):
    """A target without settings."""

    name = "empty-target"
    config_jsonschema: ClassVar[dict[str, Any]] = {"properties": {}}


EMPTY: dict[str, type[PluginBase]] = {"tap": EmptyTap, "target": EmptyTarget}

if __name__ == "__main__":
    EMPTY[sys.argv.pop(1)].cli()
