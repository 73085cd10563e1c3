"""The command `deletes verify`: whether users were deleted, by the file of deletions."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from target_clevertap import private_files
from target_clevertap._plugin.commands import config_option
from target_clevertap._plugin.shown import shown
from target_clevertap.deletes.file import read_receipts
from target_clevertap.deletes.receipts import receipts_of
from target_clevertap.errors import CleverTapError, SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from singer_sdk.plugin_base import _ConfigInput

    from target_clevertap.cli.options import TargetOptions


def deletes_command(plugin: type[TargetOptions]) -> click.Group:
    """Return the command `deletes`.

    Args:
        plugin: Whose command it is.
    """
    verify = click.Command(
        "verify",
        callback=lambda users, config: _verify(plugin, users, config),
        params=[click.Argument(["users"], nargs=-1), config_option(plugin.cb_config)],
        help="Say when USERS were deleted, by their user keys; without one, read standard input.",
    )
    return click.Group("deletes", commands=[verify], help="Look into the file of deletions.")


def _verify(plugin: type[TargetOptions], users: Sequence[str], config: _ConfigInput) -> None:
    try:
        target = plugin(config=config.config, parse_env_config=config.parse_env)
        path = private_files.absolute(target.config["deletes_path"], "deletes_path")
        sought = [*dict.fromkeys(users or _read_users())]
        missing = set(sought)
        for user, receipt in receipts_of(read_receipts(path, target.check_signal), sought):
            missing.discard(user)
            click.echo(f"{shown(user)}: deleted at {receipt.at}, request {receipt.request}")
    except CleverTapError as error:
        plugin.logger.error("%s", error.message)  # noqa: TRY400 - a trace does not help users
        sys.exit(error.exit_code)
    for user in sought:
        if user in missing:
            click.echo(f"{shown(user)}: not in {path}")
    sys.exit(1 if missing else 0)


def _read_users() -> Iterator[str]:
    """Yield the lines of the input; one that is not UTF-8 is of nobody, and so not in the file.

    Raises:
        SettingError: When the input is closed.
    """
    if sys.stdin is None:
        message = "standard input: it is closed; name users, or give it a file of them"
        raise SettingError(message)
    for line in sys.stdin.buffer:
        if user := line.decode(errors="surrogateescape").rstrip("\r\n"):
            yield user
