"""The command `check`: one line for each finding, or all of them as JSON."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from tap_clevertap._plugin.commands import config_option
from tap_clevertap._plugin.shown import visible
from tap_clevertap.check.findings import Finding, failed, fine, summary
from tap_clevertap.check.probe import Probe
from tap_clevertap.check.project import ProjectCheck
from tap_clevertap.config.events_file import file_names
from tap_clevertap.errors import CleverTapError, SettingError
from tap_clevertap.output.stdout import prepare_stdout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clevertap.run import RunContext
    from tap_clevertap.tap import TapCleverTap


def check_command(plugin: type[TapCleverTap]) -> click.Command:
    """Return the command `check`.

    Args:
        plugin: Whose command it is.
    """
    config = config_option()
    output_format = click.Option(
        ["--format", "output_format"],
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="One line for each finding, or one JSON object.",
    )
    return click.Command(
        "check",
        callback=lambda config, output_format: _check(plugin, config, output_format),
        params=[config, output_format],
        help="Check settings, connection, credentials, events, time zone and counts, and exit "
        "with 0 only if all is well.",
    )


def _check(plugin: type[TapCleverTap], config: tuple[str, ...], output_format: str) -> None:
    prepare_stdout()
    findings = []
    for finding in _findings(plugin, config):
        findings.append(finding)
        if output_format == "text":
            click.echo(visible(str(finding)))
    found = summary(findings)
    if output_format == "json":
        click.echo(json.dumps(found, indent=2))
    sys.exit(0 if found["ok"] else 1)


def _findings(plugin: type[TapCleverTap], config: tuple[str, ...]) -> Iterator[Finding]:
    try:
        run = _run(plugin, config)
    except CleverTapError as error:
        yield failed("settings", "wrong_settings", error)
        return
    yield fine("settings", "they can be used")
    probe = Probe(run.settings, run.client)
    yield from ProjectCheck(probe, timezone_unset=run.timezone_unset).findings()


def _run(plugin: type[TapCleverTap], config: tuple[str, ...]) -> RunContext:
    """Return what a run with these settings would begin with.

    Raises:
        SettingError: In the words that end the run.
    """
    context = click.get_current_context()
    given = plugin.cb_config(context, config_option(), config)
    tap = plugin(config=given.config, parse_env_config=given.parse_env, setup_mapper=False)
    run = tap.run_context()
    if run.settings.events_file and not run.settings.events:
        file_names(run.settings.events_file)
    try:
        tap.setup_mapper()
    except SettingError:
        raise
    except CleverTapError:
        pass  # of a stream that asks CleverTap for its columns: the check itself finds out why
    return run
