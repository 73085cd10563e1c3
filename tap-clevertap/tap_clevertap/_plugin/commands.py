# Source: tap-clevertap/tap_clevertap/_plugin/commands.py; copies: `make vendor`
"""Commands next to the Singer call: `tap-clevertap check`, `target-clevertap ledger backup`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click
from singer_sdk.plugin_base import SingerCommand

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Commands(SingerCommand, click.Group):
    """The Singer command with commands of its own."""


def with_commands(
    singer: click.Command, run: Callable[..., None], commands: Sequence[click.Command]
) -> Commands:
    """Return the Singer command with commands next to it.

    Args:
        singer: What the SDK made. Its logger is kept.
        run: The Singer call itself; it takes the options of `singer`.
        commands: The commands; each has its own options.
    """

    def run_unless_command(**given: Any) -> None:  # noqa: ANN401 - the SDK's own arguments
        if click.get_current_context().invoked_subcommand is None:
            run(**given)

    return Commands(
        name=singer.name,
        callback=run_unless_command,
        params=singer.params,
        help=singer.help,
        context_settings=singer.context_settings,
        logger=singer.logger,  # type: ignore[attr-defined]  # a SingerCommand
        invoke_without_command=True,
        commands=list(commands),
    )


def config_option(callback: Callable[..., Any] | None = None) -> click.Option:
    """Return the option `--config` of a command.

    Args:
        callback: Reads the values; without one the command receives a tuple of them.
    """
    return click.Option(
        ["--config"],
        multiple=True,
        required=True,
        callback=callback,
        help="Configuration file location or 'ENV' to use environment variables.",
    )
