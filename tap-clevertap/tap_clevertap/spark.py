"""Partner export files as DataFrames of Spark, with the columns and keys of the streams.

    with plain_errors():
        events = exported_events(
            spark, "s3://exports/clevertap/", account_id="TEST-000-0000", timezone="Asia/Kolkata"
        )
        events.write.parquet("/warehouse/events")

- The driver lists the files when a DataFrame is made; tasks read them when it is used. A file that
  changed in between fails the job.
- Files are read through the clients of `tap_clevertap.files`, not through those of Hadoop. Driver
  and executors need tap-clevertap with its extras, and credentials that these clients find.
- All functions raise a `SettingError` for an argument that is wrong, and a `StoreError` if the
  files cannot be listed. Of a file that cannot be read, Spark raises an error of its own when the
  DataFrame is used; in `plain_errors` it becomes an `UnreadFileError`.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from tap_clevertap._plugin.shown import shown
from tap_clevertap.errors import SettingError
from tap_clevertap.files.arrow_batches import BAD_ROWS, COLUMNS, spark_schema
from tap_clevertap.files.content import NO_COLUMNS
from tap_clevertap.files.errors import StoreError, UnreadFileError
from tap_clevertap.files.plan import groups_to_read
from tap_clevertap.files.reading import ReadingOptions
from tap_clevertap.files.spark_arguments import Arguments, check_arguments, check_text, zone_named
from tap_clevertap.files.spark_tasks import Job, naming_arguments, packed, read_groups
from tap_clevertap.files.store import FileInfo
from tap_clevertap.files.stores.location import read_location
from tap_clevertap.files.stores.opening import open_store

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from pyspark.sql import DataFrame, SparkSession

    from tap_clevertap.files.formats.readers import Kind
    from tap_clevertap.files.plan import FileGroup

__all__ = [
    "FileInfo",
    "SettingError",
    "StoreError",
    "UnreadFileError",
    "exported_bad_rows",
    "exported_events",
    "exported_profiles",
    "list_files",
    "plain_errors",
]

ERRORS = {each.__name__: each for each in (UnreadFileError, StoreError, SettingError)}
_own_error = re.compile(
    r"^tap_clevertap\.(?:\w+\.)*(UnreadFileError|StoreError|SettingError): (.+)$", re.MULTILINE
)


def list_files(url: str) -> list[FileInfo]:
    """Return all files below a folder as they are now, sorted by key.

    Args:
        url: As `export_files_url`: `s3://`, `gs://`, `az://`, `file:///` or a path.
    """
    with naming_arguments():
        check_text("url", url)
        return [*open_store(url).list()]


def exported_events(  # noqa: PLR0913 - the settings of the tap
    spark: SparkSession,
    url: str,
    *,
    account_id: str,
    timezone: str,
    format: str = "auto",  # noqa: A002 - as the setting
    bad_rows: str = "fail",
    columns: Mapping[str, str] = NO_COLUMNS,
    files: Collection[FileInfo] | None = None,
) -> DataFrame:
    """Return the events, with the fields of the stream `exported_events`; objects are JSON text.

    Args:
        spark: Runs the tasks: one for each group of files whose identical rows are numbered
            together.
        url: Of the folder, as in `list_files`.
        account_id: The project's; keys are made of it.
        timezone: The project's, an IANA name.
        format: As `export_files_format`.
        bad_rows: `fail` fails the job at a row that cannot be read; `skip` leaves it out, and
            `exported_bad_rows` has it.
        columns: As `export_files_columns`.
        files: Of `list_files`, those to read; by default all. Other files of their groups are
            read to number rows only.
    """
    given = Arguments(url, account_id, timezone, format, bad_rows, columns, files)
    return _rows(spark, "events", given)


def exported_profiles(  # noqa: PLR0913 - the settings of the tap
    spark: SparkSession,
    url: str,
    *,
    account_id: str,
    timezone: str,
    format: str = "auto",  # noqa: A002 - as the setting
    bad_rows: str = "fail",
    columns: Mapping[str, str] = NO_COLUMNS,
    files: Collection[FileInfo] | None = None,
) -> DataFrame:
    """Return the profiles, with the fields of the stream `exported_profiles`.

    Args and types are those of `exported_events`; each file has a task of its own.
    """
    given = Arguments(url, account_id, timezone, format, bad_rows, columns, files)
    return _rows(spark, "profiles", given)


def exported_bad_rows(  # noqa: PLR0913 - the settings of the tap
    spark: SparkSession,
    url: str,
    *,
    account_id: str,
    timezone: str,
    format: str = "auto",  # noqa: A002 - as the setting
    columns: Mapping[str, str] = NO_COLUMNS,
    files: Collection[FileInfo] | None = None,
) -> DataFrame:
    """Return the rows of events and profiles that `bad_rows="skip"` leaves out.

    They have `source_file`, `line`, `reason` and the `row` as it was sent, as JSON. All files are
    read for it once more.

    Args are those of `exported_events`.
    """
    given = Arguments(url, account_id, timezone, format, "skip", columns, files)
    events, profiles = (
        _frame(spark, _job(kind, given)._replace(wants_bad_rows=True), spark_schema(BAD_ROWS))
        for kind in COLUMNS
    )
    return events.unionAll(profiles)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Raise the error of a file as it is, in the place of Spark's with its stack traces.

    Raises:
        UnreadFileError: If a file cannot be read.
        StoreError: If an executor cannot use the store.
        SettingError: If an executor lacks an extra.
    """
    from pyspark.errors import PySparkException  # noqa: PLC0415 - an extra

    try:
        yield
    except PySparkException as error:
        found = _own_error.search(str(error))
        if found is None:
            raise
        raise ERRORS[found[1]](found[2]) from None


def _rows(spark: SparkSession, kind: Kind, given: Arguments) -> DataFrame:
    return _frame(spark, _job(kind, given), spark_schema(COLUMNS[kind]))


def _frame(spark: SparkSession, job: Job, schema: str) -> DataFrame:
    """Return the rows of a job; a range with one number in each partition makes its tasks."""
    number = len(job.groups)
    return spark.range(0, number, 1, max(number, 1)).mapInArrow(
        partial(read_groups, job=job), schema
    )


def _job(kind: Kind, given: Arguments) -> Job:
    check_arguments(given)
    options = ReadingOptions(
        account_id=given.account_id,
        zone=zone_named(given.timezone),
        kind=kind,
        stream=f"exported_{kind}",
        format=given.format,
        columns=dict(given.columns),
        messages=False,
    )
    groups = packed(_groups(kind, given.url, given.files))
    url = read_location(given.url).whole
    return Job(url, options, groups, is_skipping=given.bad_rows == "skip")


def _groups(kind: Kind, url: str, files: Collection[FileInfo] | None) -> list[FileGroup]:
    listing = list_files(url)
    chosen = set(listing if files is None else files)
    if missing := chosen.difference(listing):
        message = (
            f"files: {shown(min(missing).key)} is not there any more as it was listed; "
            "list the files again"
        )
        raise SettingError(message)
    return groups_to_read(listing, lambda info: info not in chosen, numbered=kind == "events")
