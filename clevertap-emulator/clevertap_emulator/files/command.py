"""The command `clevertap-emulator export`: one flag for each setting."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import click

from clevertap_emulator.files.export import write_files
from clevertap_emulator.files.parts import ExportParts
from clevertap_emulator.files.settings import ExportSettings
from clevertap_emulator.flags import HELP, flags_of, settings_of
from clevertap_emulator.settings import Settings
from clevertap_emulator.shown import shown

HISTORY = (
    *("account_id", "timezone", "seed", "days", "today", "users", "events_per_day"),
    *("installs", "extra_events", "extra_properties", "odd_values"),
)
"""The settings that the history depends on, as for the server."""
TEXTS = {
    "format": "Format of the files.",
    "what": "Rows to write; EventBridge has events alone.",
    "suffix": "How names end, whatever is in the files; auto: in `.gz` where they are packed.",
    "folders": "Folders of the files.",
    "prefix": "Folder above these; may hold {{Account-id}}, {{Export-id}}, {{Timestamp}}, "
    "{{Instance-id}} and {{Date}}.  [default: none]",
    "profile_names": "Names of files of profiles.",
    "export_id": "Id of the export request.",
    "runs": "Runs of the export, each with the events since the former one.",
    "only_run": "Number of a run to write, from 1; repeatable.  [default: all]",
    "overlap_days": "Days before its time that a run delivers once more.",
    "full_profiles": "Every run has all profiles; off: later ones have those that changed.",
    "databases": "Databases that rows come from, each with its own files.",
    "rows_per_file": "Rows in a file at most.",
    "event": "Event to write; repeatable.  [default: all]",
    "rows": "So many events instead of those of the history; 0: the history.",
    "rename": "Column to rename, such as ts=Zeit; repeatable.",
    "drop": "Column to leave out, such as profile.email; repeatable.",
    "shuffle_columns": "Columns in another order in each file.",
    "session_key": "Name of the session's properties in JSON; samples have two.",
    "xml_root": "One element around all of an XML file.",
    "parquet_layout": "Columns of Parquet: documented maps, lists of pairs, or other members.",
    "parquet_pages": "Packing of the pages of Parquet.",
    "joined": "Nothing between EventBridge messages, as Firehose does; off: a line each.",
    "cut": "Files that are cut.",
    "grow": "Files that have only the first half of their rows yet.",
    "replace": "Files that have only the second half of their rows, and are to be replaced.",
}


def _export(out: str, truth: str | None, **given: object) -> None:
    history, settings = settings_of(Settings, given), settings_of(ExportSettings, given)
    try:
        with ExitStack() as stack:
            lines = stack.enter_context(Path(truth).open("wb")) if truth else None
            written = write_files(ExportParts(history, settings, Path(out), _writer(lines)))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except OSError as error:
        name = shown(error.filename or out)
        message = f"--out: cannot write {name} ({error.strerror}); choose another folder"
        raise click.ClickException(message) from error
    click.echo(f"clevertap-emulator wrote {written.rows} rows in {len(written.keys)} files")


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
            ["--packed/--plain"],
            default=None,
            help="Gzip the files, or not.  [default: packed, but for Parquet]",
        ),
        *flags_of(ExportSettings, TEXTS),
        *flags_of(Settings, {name: HELP[name] for name in HISTORY}),
    ],
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Write the history as partner export files, as CleverTap writes them into a bucket.",
)
