"""The command `presets`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from target_clevertap.rules.presets import NAMES, preset_text, summary, unknown_preset

if TYPE_CHECKING:
    from target_clevertap.cli.options import TargetOptions

WIDTH = max(map(len, NAMES)) + 2


def presets_command(plugin: type[TargetOptions]) -> click.Command:
    """Return the command `presets`.

    Args:
        plugin: Whose command it is.
    """
    return click.Command(
        "presets",
        callback=lambda name: _show(plugin, name),
        params=[click.Argument(["name"], required=False)],
        help="List the presets of rules, or print the YAML of the preset NAME.",
    )


def _show(plugin: type[TargetOptions], name: str | None) -> None:
    if name is None:
        for each in NAMES:
            click.echo(f"{each:<{WIDTH}}{summary(each)}")
    elif name in NAMES:
        click.echo(preset_text(name), nl=False)
    else:
        plugin.logger.error("presets: %s", unknown_preset(name))
        sys.exit(1)
