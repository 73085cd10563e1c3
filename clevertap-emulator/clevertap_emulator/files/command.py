"""The command `clevertap-emulator export`: one flag for each setting."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import click

from clevertap_emulator.files.export import Exported, ExportWriter
from clevertap_emulator.files.settings import ExportSettings
from clevertap_emulator.flags import HELP, flags_of, settings_of
from clevertap_emulator.settings import Settings
from clevertap_emulator.shown import shown

HISTORY = (
    *("account_id", "timezone", "seed", "days", "today", "users", "events_per_day"),
    *("installs", "extra_events", "extra_properties"),
)
"""The settings that the history depends on, as for the server."""
TEXTS = {
    "format": "Format of the files.",
    "what": "Rows to write.",
    "suffix": "Whether names end in `.gz`; auto: where the files are packed.",
    "folders": "Folders of the files.",
    "prefix": "Folder above these; may hold {{Account-id}}, {{Export-id}}, {{Timestamp}}, "
    "{{Instance-id}} and {{Date}}.",
    "export_id": "Id of the export request.",
    "runs": "Runs of the export, each with the events since the former one.",
    "only_run": "Number of a run to write, from 1; repeatable.  [default: all]",
    "overlap_days": "Days before its time that a run delivers once more.",
    "databases": "Databases that rows come from, each with its own files.",
    "rows_per_file": "Rows in a file at most.",
    "event": "Event to write; repeatable.  [default: all]",
}


def _export(out: str, truth: str | None, **given: object) -> None:
    settings, files = settings_of(Settings, given), settings_of(ExportSettings, given)
    exported = Exported(Path(out))
    try:
        with ExitStack() as stack:
            lines = stack.enter_context(Path(truth).open("wb")) if truth else None
            ExportWriter(settings, files, exported, _writer(lines)).write()
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        name = shown(error.filename or out)
        message = f"--out: cannot write {name} ({error.strerror}); choose another folder"
        raise click.ClickException(message) from error
    click.echo(f"clevertap-emulator wrote {exported.rows} rows in {len(exported.files)} files")


def _writer(lines: IO[bytes] | None) -> Any:  # noqa: ANN401 - a function or None
    if lines is None:
        return None
    return lambda line: lines.write(line + b"\n")


export = click.Command(
    "export",
    callback=_export,
    params=[
        click.Option(["--out"], required=True, type=click.Path(), help="Folder for the files."),
        click.Option(["--truth"], type=click.Path(), help="File for what a complete reader finds."),
        click.Option(
            ["--packed/--plain"], default=True, show_default=True, help="Gzip the files, or not."
        ),
        *flags_of(ExportSettings, TEXTS),
        *flags_of(Settings, {name: HELP[name] for name in HISTORY}),
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Write the history as partner export files, as CleverTap writes them into a bucket.",
)
