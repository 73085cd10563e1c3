"""A dry run that the environment asks for and the configuration does not."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from target_clevertap._plugin.plugin_name import VARIABLES
from target_clevertap._plugin.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

VARIABLE = f"{VARIABLES}DRY_RUN"
OFF = "off"


def unheard_dry_run(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield a message where a run would deliver although the environment asks for a dry run.

    The environment counts only with `--config ENV`. Meltano passes on only those settings that its
    project declares.

    Args:
        config: The settings, with or without defaults.
    """
    wanted = os.environ.get(VARIABLE, "").strip()
    if wanted not in {"", OFF} and config.get("dry_run", OFF) == OFF:
        yield (
            f"dry_run: it is off, although {VARIABLE} is {shown(wanted)}; with Meltano, add "
            "`{name: dry_run}` to the settings of the plugin in meltano.yml; else set `dry_run` in "
            "the configuration, or unset the variable"
        )
