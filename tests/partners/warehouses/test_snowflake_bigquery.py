"""The SQL of examples/warehouses for warehouses that are not here, as far as it can be run.

- Snowflake: fakesnow runs everything but COPY. It is DuckDB below, so it shows that the statements
  fit together, and not what Snowflake does with a number.
- BigQuery: only the syntax is read, by sqlglot.
"""

from __future__ import annotations

import json
import re
import warnings
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.partners.warehouses.odd_events import EVENTS, json_line

sqlglot = pytest.importorskip("sqlglot", reason="fakesnow, which brings it, needs Python 3.11")
fakesnow = pytest.importorskip("fakesnow", reason="fakesnow needs Python 3.11")

EXAMPLE = Path(__file__).parents[3] / "examples" / "warehouses"


def statements(name):
    text = re.sub(r"--.*", "", (EXAMPLE / f"{name}.sql").read_text())
    return [each.strip() for each in text.split(";") if each.strip()]


@pytest.mark.parametrize("name", ["snowflake", "bigquery"])
def test_the_statements_are_of_their_dialect(name):
    found = statements(name)
    assert len(found) >= 3
    for each in found:
        parsed = sqlglot.parse_one(each, read=name)
        assert type(parsed).__name__ in {"Create", "Copy"}
        assert parsed.find(sqlglot.exp.Command) is None


@pytest.mark.parametrize("suffix", ["json", "json.gz"])
def test_bigquery_takes_files_of_either_name(suffix):
    path = f"gs://exports/clevertap/7-1-App-Launched-20261101-0-0.{suffix}"
    (uris,) = re.findall(r"uris = \[(.*)\]", (EXAMPLE / "bigquery.sql").read_text())
    patterns = re.findall(r"'([^']*)'", uris)
    assert [each for each in patterns if each.count("*") > 1] == []  # a URI may have one
    assert any(fnmatchcase(path, each) for each in patterns)


@pytest.fixture
def snowflake():
    with fakesnow.patch(), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        import snowflake.connector  # noqa: PLC0415

        with snowflake.connector.connect(database="D", schema="S") as connection:
            yield connection.cursor()


def run(cursor, lines):
    """Run the statements, with lines in the place of what COPY loads."""
    for each in statements("snowflake"):
        if not each.startswith("copy"):
            cursor.execute(each)
        if each.startswith("create table"):
            cursor.executemany(
                "insert into export_lines values (%s, %s, %s, %s)",
                [("a.json.gz", number, "key", line) for number, line in enumerate(lines, 1)],
            )


def test_snowflake_makes_rows_of_lines(snowflake):
    events = [each for each in EVENTS if each.name == "Charged"]
    run(snowflake, ["Charged", *map(json_line, events)])
    snowflake.execute(
        "select event_name, ts, object_id, identity, event_props from exported_events order by ts"
    )
    found = [(*row[:4], json.loads(row[4])) for row in snowflake.fetchall()]
    assert found == [tuple(each) for each in events]
    assert snowflake.execute("select * from export_problems").fetchall() == []


def test_snowflake_names_files_with_lines_that_are_no_rows(snowflake):
    run(snowflake, ["Charged", '{"ts":2026', json_line(EVENTS[0])])
    problem = "lines that are no row: not one, but 2"
    found = snowflake.execute("select * from export_problems").fetchall()
    assert found == [("a.json.gz", problem)]
