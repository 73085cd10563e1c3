"""What docs/webhooks.md says of the stream: its fields, and its SQL in DuckDB."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from tap_clevertap.streams.pushed_schemas import PUSHED_SCHEMAS
from tests.support.inboxes import STREAM, put_messages, read_inbox
from tests.support.pages import every

DOCUMENT = (Path(__file__).parents[4] / "docs" / "webhooks.md").read_text()
SQL = [each.text for each in every("docs/webhooks.md", "sql")]
FIELDS = PUSHED_SCHEMAS[STREAM]["properties"]
TYPES = {"string": "varchar", "boolean": "boolean", "integer": "bigint", "object": "json"}


@pytest.fixture
def warehouse(tap_launcher, tmp_path):
    """A database with the records of some messages, each object as JSON."""
    inbox = tmp_path / "inbox"
    user = {"Email": "a@b.c", "Identity": "a", "ProfileData": {"customer type": "gold"}}
    user["Event_properties"] = {"Amount": "12.50"}
    put_messages(
        inbox,
        {"targetId": 5, "key_values": {"campaign": "spring"}, "profiles": [user]},
        {"is_test": True, "targetId": 5, "profiles": [{"identity": "b"}]},
        b"text",
    )
    detail = {"ts": 20261118120000, "eventName": "Charged", "profile": {"identity": "c"}}
    put_messages(inbox, {"id": "1", "detail": detail}, source="eventbridge")
    records = read_inbox(tap_launcher, inbox).records[STREAM]
    database = duckdb.connect()
    kinds = [TYPES[next(iter(field["type"]))] for field in FIELDS.values()]
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(FIELDS, kinds, strict=True))
    database.execute(f"create table {STREAM} ({columns})")
    for record in records:
        values = [
            json.dumps(value) if isinstance(value, dict) else value for value in record.values()
        ]
        assert record.keys() == FIELDS.keys()
        database.table(STREAM).insert(values)
    yield database
    database.close()


def test_the_sql_of_the_document_gives_columns(warehouse):
    for statement in SQL:
        warehouse.execute(statement)
    assert len(SQL) == 2
    found = warehouse.execute("select * exclude (message_key, received_at) from webhook_users")
    (row,) = found.fetchall()
    assert row == (5, "a", None, "a@b.c", "gold", "spring", Decimal("12.50"))
    (row,) = warehouse.execute("select identity, event_name, ts from bridge_events").fetchall()
    assert row == ("c", "Charged", "20261118120000")


def test_the_document_has_all_fields():
    part = DOCUMENT.partition("## The stream")[2].partition("## Responses")[0]
    table = part.partition("| field | type | from |")[2].partition("\n\n")[0]
    cells = [row.split("|")[1] for row in table.splitlines() if row]
    named = [name for cell in cells for name in re.findall(r"`(\w+)`", cell)]
    assert named == [*FIELDS]
