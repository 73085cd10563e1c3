"""The blocks of docs/spark.md, run as they are: only the places of files are others."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from tests.partners.spark.by_tap import PROJECT, read
from tests.partners.spark.java import java_missing
from tests.partners.spark.test_daily import alone
from tests.partners.spark.test_spark import export
from tests.support.page_reader import Reader
from tests.support.pages import ROOT, block


@pytest.fixture
def files(tmp_path):
    export(tmp_path / "files", "json", what="events", event=("Charged",))
    return tmp_path / "files"


def test_events_become_a_table_whose_values_are_taken_out_of_json(spark, files):
    spark.catalog.dropTempView("clevertap_events")
    program = block("docs/spark.md", "Export files on Spark", "python")
    program = program.replace("s3://exports/clevertap/", str(files))
    exec(program.replace("XXX-XXX-XXXX", PROJECT["account_id"]), {"spark": spark})  # noqa: S102 - of our own page
    try:
        found = spark.sql(block("docs/spark.md", "Columns", "sql")).collect()
    finally:
        spark.sql("drop table clevertap_events")
    sent = [row["event_props"] or {} for row in read(files).records["exported_events"]]
    amounts = [each.get("Amount") for each in sent]
    numbers = (each for each in amounts if isinstance(each, int | Decimal))
    assert len(found) == len(sent) > 0
    assert Counter(row.Amount for row in found if row.Amount is not None) == Counter(numbers)


@pytest.mark.skipif(bool(java_missing()), reason=java_missing())
def test_the_program_is_submitted(files, tmp_path):
    folder = tmp_path / "reader"
    folder.mkdir()
    (folder / "examples").symlink_to(ROOT / "examples")
    places = {"s3://exports/clevertap/": str(files), "hdfs:///clevertap": str(tmp_path / "out")}
    places |= {"XXX-XXX-XXXX": PROJECT["account_id"]}
    needed = {name: value for name, value in alone().items() if name.startswith(("PY", "SPARK"))}
    with Reader(folder, replacements=places, **needed) as reader:
        shown = reader.run("docs/spark.md", "Only new files: `daily.py`")
    assert "run 1 read " in shown.output
    assert [*(tmp_path / "out" / "events").rglob("*.parquet")]
