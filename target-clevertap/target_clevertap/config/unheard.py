"""A run that is to send nothing, by the environment, where the configuration does not say so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from target_clevertap._plugin.plugin_name import VARIABLES
from target_clevertap._plugin.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NOTHING_WANTED = {
    "dry_run": {"", "off"},
    "already_delivered": {"", "0", "f", "false", "n", "no", "off"},
}
"""The settings with which nothing is sent, and the texts of their variables with which it is."""


def unheard_modes(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield a message where a run would deliver although the environment wants nothing sent.

    The environment counts only with `--config ENV`. Meltano passes on only those settings that its
    project declares.

    Args:
        config: The settings, with or without defaults.
    """
    for setting, nothing in NOTHING_WANTED.items():
        variable = f"{VARIABLES}{setting.upper()}"
        wanted = os.environ.get(variable, "").strip()
        if wanted.lower() not in nothing and config.get(setting, False) in {False, "off"}:
            yield (
                f"{setting}: it is off, although {variable} is {shown(wanted)}; with Meltano, add "
                f"`{{name: {setting}}}` to the settings of the plugin in meltano.yml; else set "
                f"`{setting}` in the configuration, or unset the variable"
            )
