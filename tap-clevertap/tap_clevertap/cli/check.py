"""The command `check`: one line for each finding, or all of them as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tap_clevertap._plugin.check_command import make_check_command
from tap_clevertap._plugin.commands import config_option
from tap_clevertap._plugin.findings import failed, fine
from tap_clevertap.check.probe import Probe
from tap_clevertap.check.project import ProjectCheck
from tap_clevertap.config.event_names import events_to_read
from tap_clevertap.config.known_users import check_known_users
from tap_clevertap.errors import CleverTapError
from tap_clevertap.output.stdout import prepare_stdout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clevertap._plugin.findings import Finding
    from tap_clevertap.tap import TapCleverTap


def check_command(plugin: type[TapCleverTap]) -> click.Command:
    """Return the command `check`.

    Args:
        plugin: Whose command it is.
    """
    return make_check_command(
        lambda config: _findings(plugin, config),
        "Check settings, connection, credentials, events, time zone, counts, files and inbox, and "
        "exit with 0 only if all is well.",
    )


def _findings(plugin: type[TapCleverTap], config: tuple[str, ...]) -> Iterator[Finding]:
    prepare_stdout()
    try:
        tap = _tap(plugin, config)
        run = tap.run_context
        probe = Probe(run.settings, run.client)
        folder = run.export_folder if run.settings.export_files.url else None
        _check_maps(tap, probe)
    except CleverTapError as error:
        yield failed("settings", "wrong_settings", error)
        return
    yield fine("settings", "they can be used")
    if run.settings.account_id and run.settings.passcode:
        check = ProjectCheck(probe, timezone_unset=run.timezone_unset, is_typed=tap.is_typed)
        yield from check.findings()
    if folder is not None:
        from tap_clevertap.check.files import FilesCheck  # noqa: PLC0415 - rarely needed

        yield from FilesCheck(run.settings, folder).findings()
    from tap_clevertap.check.inbox import inbox_findings  # noqa: PLC0415 - same

    yield from inbox_findings(tap.config, run.settings.inbox.path)


def _tap(plugin: type[TapCleverTap], config: tuple[str, ...]) -> TapCleverTap:
    """Return the tap of a run with these settings; nothing is sent.

    Raises:
        SettingError: In the words that end the run.
    """
    context = click.get_current_context()
    given = plugin.cb_config(context, config_option(), config)
    tap = plugin(config=given.config, parse_env_config=given.parse_env, setup_mapper=False)
    settings = tap.run_context.settings
    if settings.events or settings.events_file:
        events_to_read(settings, None)
    if settings.known_users_file:
        check_known_users(settings.known_users_file)
    return tap


def _check_maps(tap: TapCleverTap, probe: Probe) -> None:
    """Check that stream maps fit the streams.

    Typed streams come from CleverTap's schema. It is asked for with the patience of the check, not
    of a run. If there is none, the check itself finds out why.

    Raises:
        SettingError: If they do not fit.
    """
    if tap.is_typed:
        content = probe.schema_content()
        if content is None:
            return
        tap.run_context.schema = content
        if not _has_streams(tap):
            return
    tap.setup_mapper()


def _has_streams(tap: TapCleverTap) -> bool:
    try:
        return bool(tap.streams)
    except CleverTapError:
        return False  # of the events in the settings, which the check asks about later
