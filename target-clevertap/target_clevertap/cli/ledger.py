"""The command line: the Singer target, and the command `ledger backup` next to it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
from singer_sdk.plugin_base import SingerCommand

from target_clevertap.errors import CleverTapError, SettingError
from target_clevertap.ledger.backup import back_up

if TYPE_CHECKING:
    from singer_sdk.plugin_base import _ConfigInput

    from target_clevertap.cli.options import TargetOptions


class Commands(SingerCommand, click.Group):
    """The Singer command with commands of its own."""


def with_commands(singer: click.Command, plugin: type[TargetOptions]) -> Commands:
    """Return the Singer command with commands next to it.

    Args:
        singer: What the SDK made.
        plugin: Whose command it is.
    """

    def run(**given: Any) -> None:  # noqa: ANN401 - the SDK's own arguments
        if click.get_current_context().invoked_subcommand is None:
            plugin.invoke(**given)

    return Commands(
        name=singer.name,
        callback=run,
        params=singer.params,
        help=singer.help,
        context_settings=singer.context_settings,
        logger=plugin.logger,
        invoke_without_command=True,
        commands=[_ledger(plugin)],
    )


def _ledger(plugin: type[TargetOptions]) -> click.Group:
    config = click.Option(
        ["--config"],
        multiple=True,
        required=True,
        callback=plugin.cb_config,
        help="Configuration file location or 'ENV' to use environment variables.",
    )
    backup = click.Command(
        "backup",
        callback=lambda file, config: _back_up(plugin, file, config),
        params=[click.Argument(["file"]), config],
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
