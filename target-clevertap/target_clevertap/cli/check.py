"""The command `check`: one line for each finding, or all of them as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from target_clevertap._plugin.check_command import make_check_command
from target_clevertap._plugin.commands import config_option
from target_clevertap._plugin.findings import Finding, failed, fine
from target_clevertap.check.account import account_findings
from target_clevertap.check.files import file_findings
from target_clevertap.check.probe import UploadProbe
from target_clevertap.check.sftp import sftp_findings
from target_clevertap.check.taking_over import taking_over_findings
from target_clevertap.config.settings import RulesError
from target_clevertap.errors import CleverTapError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_clevertap.cli.options import TargetOptions
    from target_clevertap.config.settings import RunSettings


def check_command(plugin: type[TargetOptions]) -> click.Command:
    """Return the command `check`.

    Args:
        plugin: Whose command it is.
    """
    return make_check_command(
        lambda config: _findings(plugin, config),
        "Check settings, rules, files, connection, credentials and clock, and exit with 0 only if "
        "all is well.",
    )


def _findings(plugin: type[TargetOptions], config: tuple[str, ...]) -> Iterator[Finding]:
    try:
        settings = _settings(plugin, config)
        if settings.rules:
            yield fine("settings", "they can be used")
            yield fine("rules", f"rules that can be used: {len(settings.rules)}")
        else:
            yield fine("settings", "they can be used; there are no rules")
    except RulesError as error:
        yield fine("settings", "they can be used, but for the rules")
        for message in error.messages:
            yield Finding("rules", "wrong_rule", message, "correct the rule")
        settings = error.settings
    except CleverTapError as error:
        yield failed("settings", "wrong_settings", error)
        return
    yield from taking_over_findings(settings)
    yield from file_findings(settings)
    yield from sftp_findings(settings)
    yield from account_findings(UploadProbe(settings))


def _settings(plugin: type[TargetOptions], config: tuple[str, ...]) -> RunSettings:
    """Return the settings of a run; nothing is opened.

    Raises:
        CleverTapError: In the words that end the run.
    """
    given = plugin.cb_config(click.get_current_context(), config_option(), config)
    return plugin(config=given.config, parse_env_config=given.parse_env).run_settings
