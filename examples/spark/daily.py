r"""Write the events of new export files as Parquet, by event and day.

    spark-submit daily.py --url s3://exports/clevertap/ --out hdfs:///clevertap \
      --account-id TEST-000-0000 --timezone Asia/Kolkata

    OUT/events/run=1/event=Charged/day=2026-11-28/part-….parquet
    OUT/bad_rows/run=1/part-….json      with --bad-rows skip
    OUT/files/run=1/part-….json         key, size and version of the files that the run read

A run counts when its list of files is there, and the list is written last. What an ended run left
without a list is replaced by the next run, which has the same number. So one run may be active at
a time, and no file is lost or read twice, whenever a run is killed.
"""

from __future__ import annotations

import argparse
import sys

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as Spark's users know it

from tap_clevertap.spark import (
    FileInfo,
    SettingError,
    StoreError,
    UnreadFileError,
    exported_bad_rows,
    exported_events,
    list_files,
    plain_errors,
)

FILES = "key string, size bigint, version string"


def main(arguments: list[str], spark: SparkSession) -> str:
    """Read the files that no run has read; return what was done."""
    given = parsed(arguments)
    run, known = read_before(spark, given.out)
    new = [info for info in list_files(given.url) if info[:3] not in known]
    if not new:
        return "no new files"
    project = {"account_id": given.account_id, "timezone": given.timezone, "files": new}
    with plain_errors():
        write_run(exported_events(spark, given.url, bad_rows=given.bad_rows, **project), given, run)
        if given.bad_rows == "skip":
            bad_rows = exported_bad_rows(spark, given.url, **project)
            bad_rows.write.mode("overwrite").json(f"{given.out}/bad_rows/run={run}")
    write_list(spark, new, f"{given.out}/files/run={run}")
    return f"run {run} read {len(new)} files"


def parsed(arguments: list[str]) -> argparse.Namespace:
    """Return the arguments."""
    parser = argparse.ArgumentParser()
    for name in ("--url", "--out", "--account-id", "--timezone"):
        parser.add_argument(name, required=True)
    parser.add_argument("--bad-rows", choices=("fail", "skip"), default="fail")
    return parser.parse_args(arguments)


def read_before(spark: SparkSession, out: str) -> tuple[int, set[tuple[str, int, str]]]:
    """Return the number of this run, and what earlier ones have read."""
    lists = spark.read.schema(f"{FILES}, run int").option("mode", "FAILFAST")
    try:
        rows = lists.json(f"{out}/files").collect()
    except AnalysisException as error:
        if "PATH_NOT_FOUND" not in str(error):
            raise
        rows = []
    return max((row.run for row in rows), default=0) + 1, {tuple(row[:3]) for row in rows}


def write_run(events: DataFrame, given: argparse.Namespace, run: int) -> None:
    """Write the rows of a run, in the place of those of a run that was killed."""
    day = F.expr("to_date(cast(ts div 1000000 as string), 'yyyyMMdd')")  # the project's day
    by_day = events.withColumns({"event": F.col("event_name"), "day": day})
    by_day.write.mode("overwrite").partitionBy("event", "day").parquet(
        f"{given.out}/events/run={run}"
    )


def write_list(spark: SparkSession, files: list[FileInfo], path: str) -> None:
    """Write which files a run has read, as one file that appears when it is whole."""
    rows = spark.createDataFrame([info[:3] for info in files], FILES)
    rows.coalesce(1).write.mode("overwrite").json(path)


if __name__ == "__main__":
    session = SparkSession.builder.appName("clevertap-daily").getOrCreate()
    session.sparkContext.setLogLevel("FATAL")  # what fails is raised here, too
    try:
        print(main(sys.argv[1:], session))  # noqa: T201 - a program
    except (SettingError, StoreError, UnreadFileError) as fault:
        sys.exit(f"daily.py: {fault.message}")
