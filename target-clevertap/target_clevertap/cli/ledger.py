"""The command `ledger`: what the ledger holds, forgetting what is old, and a copy of it."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING

import click

from target_clevertap import private_files
from target_clevertap._plugin.account import binding
from target_clevertap._plugin.commands import config_option
from target_clevertap._plugin.shown import shown, visible
from target_clevertap.config.schema import MOST_LEDGER_DAYS
from target_clevertap.dry_run.ledger import copied_ledger
from target_clevertap.errors import CleverTapError, SettingError
from target_clevertap.ledger.backup import back_up
from target_clevertap.ledger.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator

    from singer_sdk.plugin_base import _ConfigInput

    from target_clevertap.cli.options import TargetOptions
    from target_clevertap.config.settings import RunSettings
    from target_clevertap.ledger.contents import Contents

EPOCH = date(1970, 1, 1)


def ledger_command(plugin: type[TargetOptions]) -> click.Group:
    """Return the command `ledger`.

    Args:
        plugin: Whose command it is.
    """
    config = config_option(plugin.cb_config)
    ledger = click.Argument(["file"], required=False)
    days = click.Option(
        ["--days"], type=click.IntRange(1, MOST_LEDGER_DAYS), help="Instead of `ledger_days`."
    )
    backup = click.Command(
        "backup",
        callback=lambda file, config: _back_up(plugin, file, config),
        params=[click.Argument(["file"]), config],
        help="Copy the ledger into FILE, whole, also while a run is using it.",
    )
    summary = click.Command(
        "summary",
        callback=lambda file, config: _summarize(plugin, file, config),
        params=[ledger, config],
        help="Count what a ledger holds, also while a run is using it.",
    )
    prune = click.Command(
        "prune",
        callback=lambda file, days, config: _prune(plugin, file, days, config),
        params=[ledger, days, config],
        help="Forget what was delivered more than `ledger_days` ago, and free its space.",
    )
    return click.Group(
        "ledger",
        commands=[backup, prune, summary],
        help="Manage the ledger of delivered records. FILE is the one of the settings by default; "
        "for a backup, it is the copy.",
    )


def _back_up(plugin: type[TargetOptions], file: str, config: _ConfigInput) -> None:
    with _reported(plugin):
        path = _path(_settings(plugin, config))
        made = back_up(path, file)
        click.echo(f"the ledger {path} is backed up in {made}")


def _summarize(plugin: type[TargetOptions], file: str | None, config: _ConfigInput) -> None:
    with _reported(plugin):
        settings = _settings(plugin, config)
        path = _existing(file or _path(settings))
        account = binding(settings.account_id, settings.url)
        ledger = copied_ledger(path, account, 0)
        try:
            for line in _lines(path, ledger.contents(account)):
                click.echo(line)
        finally:
            ledger.close()


def _prune(
    plugin: type[TargetOptions], file: str | None, days: int | None, config: _ConfigInput
) -> None:
    with _reported(plugin):
        settings = _settings(plugin, config)
        path = _existing(file or _path(settings))
        after = days or settings.ledger_days
        if not after:
            message = "ledger_days: it is 0, so nothing is forgotten; set it, or give --days"
            raise SettingError(message)
        account = binding(settings.account_id, settings.url)
        before, left = (_delivered(path, account, each) for each in (0, after))
        click.echo(
            f"the ledger {visible(path)} forgot {before - left} names, which were delivered more "
            f"than {after} days ago; it has {left} left"
        )


def _delivered(path: str, account: str, days: int) -> int:
    """Let a ledger forget, and return how many names of delivered records it has then."""
    ledger = Ledger.open(path, account, is_durable=True, ledger_days=days)
    try:
        ledger.tidy()
        return ledger.contents(account).delivered
    finally:
        ledger.close()


def _lines(path: str, contents: Contents) -> Iterator[str]:
    yield f"the ledger {visible(path)} knows {contents.delivered} delivered records"
    if contents.first_day is not None and contents.last_day is not None:
        yield f"  delivered from {_day(contents.first_day)} to {_day(contents.last_day)}"
    yield f"  on their way, of unknown outcome, or held as rejects: {contents.others}"
    yield f"  users whose last profile is known: {contents.profiles}"
    for stream, alias, delivered in contents.streams:
        name = f"{shown(stream)} as {shown(alias)}" if alias else shown(stream)
        yield f"stream {name}: {delivered} delivered by this account so far"


def _day(days: int) -> str:
    return (EPOCH + timedelta(days=days)).isoformat()


def _settings(plugin: type[TargetOptions], config: _ConfigInput) -> RunSettings:
    return plugin(config=config.config, parse_env_config=config.parse_env).run_settings


def _path(settings: RunSettings) -> str:
    if settings.ledger_path is None:
        message = "ledger_path: it is empty, so there is no ledger; set it to a ledger's path"
        raise SettingError(message)
    return settings.ledger_path


def _existing(path: str) -> str:
    absolute = private_files.absolute(path, "ledger")
    if not private_files.is_file(absolute, "ledger"):
        message = f"ledger: there is no file {visible(str(absolute))}; name a ledger"
        raise SettingError(message)
    return str(absolute)


@contextmanager
def _reported(plugin: type[TargetOptions]) -> Iterator[None]:
    try:
        yield
    except CleverTapError as error:
        plugin.logger.error("%s", error.message)  # noqa: TRY400 - a trace does not help users
        sys.exit(error.exit_code)
