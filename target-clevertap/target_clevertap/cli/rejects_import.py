"""The command `rejects import`: the rows that CleverTap did not import become rejects."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TYPE_CHECKING

import click

from target_clevertap import private_files
from target_clevertap._plugin.commands import config_option
from target_clevertap.errors import CleverTapError, SettingError
from target_clevertap.rejects.failure_csv import FailureCsv
from target_clevertap.rejects.failure_records import FailureRecords
from target_clevertap.rejects.failure_types import FailureTypes
from target_clevertap.rejects.file import RejectsFile
from target_clevertap.rejects.importing import import_rows

if TYPE_CHECKING:
    from pathlib import Path

    from singer_sdk.plugin_base import _ConfigInput

    from target_clevertap.cli.options import TargetOptions

NO_MANIFEST = (
    "without --manifest all values of %s are text, also numbers; to keep their types, give the "
    "manifest of the file that was imported"
)
NO_EVENTS = (
    "the rows of %s are read as profiles, because it has no column `evtName`; if they are events, "
    "remove these rejects, and import with the manifest of the file"
)


def import_command(plugin: type[TargetOptions]) -> click.Command:
    """Return the command.

    Args:
        plugin: Whose command it is.
    """
    manifest = click.Option(
        ["--manifest"], metavar="FILE", help="Manifest of the file that was imported, for types."
    )

    def run(file: str, config: _ConfigInput, manifest: str | None) -> None:
        try:
            _import(plugin, file, config, manifest)
        except CleverTapError as error:
            plugin.logger.error("%s", error.message)  # noqa: TRY400 - a trace does not help users
            sys.exit(error.exit_code)

    return click.Command(
        "import",
        callback=run,
        params=[click.Argument(["file"]), config_option(plugin.cb_config), manifest],
        help="Append the rows of a CSV of failures, as CleverTap mails it, to the rejects file.",
    )


def _import(
    plugin: type[TargetOptions], file: str, config: _ConfigInput, manifest: str | None
) -> None:
    target = plugin(config=config.config, parse_env_config=config.parse_env)
    path = _file(file, "rejects import")
    types = FailureTypes.read(_file(manifest, "--manifest")) if manifest else FailureTypes()
    found = FailureCsv.read(path)
    types.check(path, found.columns)
    if not manifest:
        plugin.logger.warning(NO_MANIFEST, path)
        if "evtName" not in found.columns:
            plugin.logger.warning(NO_EVENTS, path)
    rejects = RejectsFile.at(target.config["rejects_path"])
    try:
        records = FailureRecords(found, types, dt.datetime.now(dt.timezone.utc))
        imported = import_rows(found, records, rejects, target.check_signal)
    finally:
        rejects.close()
    known = f"; {imported.known} were imported before" if imported.known else ""
    plugin.logger.info(
        "%s: %d rejects are now in %s%s", path, imported.appended, rejects.path, known
    )


def _file(path: str, what: str) -> Path:
    absolute = private_files.absolute(path, what)
    if not private_files.is_file(absolute, what):
        message = f"{what}: there is no file {absolute}; correct the path"
        raise SettingError(message)
    return absolute
