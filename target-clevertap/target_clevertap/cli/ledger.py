"""The command `ledger backup`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from target_clevertap._plugin.commands import config_option
from target_clevertap.errors import CleverTapError, SettingError
from target_clevertap.ledger.backup import back_up

if TYPE_CHECKING:
    from singer_sdk.plugin_base import _ConfigInput

    from target_clevertap.cli.options import TargetOptions


def ledger_command(plugin: type[TargetOptions]) -> click.Group:
    """Return the command `ledger`.

    Args:
        plugin: Whose command it is.
    """
    backup = click.Command(
        "backup",
        callback=lambda file, config: _back_up(plugin, file, config),
        params=[click.Argument(["file"]), config_option(plugin.cb_config)],
        help="Copy the ledger into FILE, whole, also while a run is using it.",
    )
    return click.Group("ledger", commands=[backup], help="Manage the ledger of delivered records.")


def _back_up(plugin: type[TargetOptions], file: str, config: _ConfigInput) -> None:
    try:
        settings = plugin(config=config.config, parse_env_config=config.parse_env).config
        if not settings["ledger_path"]:
            message = "ledger_path: it is empty, so there is no ledger; set it to a ledger's path"
            raise SettingError(message)
        made = back_up(settings["ledger_path"], file)
    except CleverTapError as error:
        plugin.logger.error("%s", error.message)  # noqa: TRY400 - a trace does not help users
        sys.exit(error.exit_code)
    click.echo(f"the ledger {settings['ledger_path']} is backed up in {made}")
