"""The recipes of `examples/sources`: by Meltano's own commands, out of files and databases."""

from __future__ import annotations

import json

import pytest

from tests.partners.meltano_project import recipe
from tests.partners.servers.mariadb_server import MISSING, MariaDBServer, is_installed
from tests.partners.servers.postgres_server import PostgresServer, binaries, missing_plugin
from tests.partners.taps.delivering import deliver

TABLES = """
create table {schema}.people (
    customer_id varchar(20) primary key, name text, email text, phone text, born date,
    points bigint
);
create table {schema}.orders (
    order_id bigint primary key, customer_id varchar(20), total numeric(12, 2), currency char(3),
    note text, placed_at timestamp, updated_at timestamp
);
insert into {schema}.people values
    ('0012', 'Zoë', 'zoe@example.org', '+14155550101', '1990-02-28', 120),
    ('7', 'Li, Wei', null, null, null, 15);
insert into {schema}.orders values
    (1, '0012', 129.99, 'INR', null, '2026-03-01 11:00:00', '2026-03-01 11:00:00'),
    (2, '7', 20, 'INR', 'gift', '2026-03-01 05:35:00', '2026-03-01 11:05:00');
"""
PEOPLE = {
    "0012": {
        "Name": "Zoë",
        "Email": "zoe@example.org",
        "Phone": "+14155550101",
        "DOB": "$D_636163200",
        "points": 120,
    },
    "7": {"Name": "Li, Wei", "points": 15},
}
CSV_PEOPLE = {
    "0012": PEOPLE["0012"]
    | {
        "Name": "Käthe Groß",
        "Email": "kaethe@example.org",
        "balance": 10.5,
        "is_vip": True,
        "joined_at": "$D_1767605400",
        "Audiences": {"$add": ["winback"]},
    },
    "7": PEOPLE["7"]
    | {
        "is_vip": False,
        "joined_at": "$D_1770352200",
        "note": "two\nlines",
        "Audiences": {"$add": ["winback"]},
    },
}
ORDERS = [
    ("0012", 1772362800, {"Amount": 129.99, "Currency": "INR", "Charged ID": 1}),
    ("7", 1772343300, {"Amount": 20, "Currency": "INR", "Charged ID": 2, "note": "gift"}),
]
ENVELOPE = {
    "cluster_time": {"format": "date-time", "type": ["string", "null"]},
    "document": {"type": ["object", "null"], "additionalProperties": True},
    "namespace": {"type": ["object", "null"], "additionalProperties": True},
    "object_id": {"type": ["string", "null"]},
    "operation_type": {"type": ["string", "null"]},
    "replication_key": {"type": ["string", "null"]},
}
DOCUMENTS = [
    {"_id": "65a1", "name": "Zoë", "email": "zoe@example.org", "points": 2**53 + 1},
    {"_id": "65a2", "name": None, "tags": ["new"]},
]


@pytest.fixture(scope="module")
def installed(example):
    return example("sources")


@pytest.fixture
def emulator(start_emulator):
    return start_emulator(days=1, users=1)


@pytest.fixture
def project(installed, emulator):
    """The project, as new."""
    installed.use_emulator(emulator)
    for file in installed.folder.glob("clevertap-*"):
        file.unlink()
    return installed


def people(emulator):
    """Return what profiles got, by identity, all uploads together."""
    found = {}
    for each in emulator.uploads(kind="profiles")["profiles"]:
        found.setdefault(each["record"]["identity"], {}).update(each["record"]["profileData"])
    return found


def orders(emulator):
    stored = [each["record"] for each in emulator.uploads(kind="events")["events"]]
    found = [(each["identity"], each["ts"], each["evtData"]) for each in stored]
    return sorted(found, key=lambda order: order[2]["Charged ID"])


def test_a_csv(project, emulator):
    for _ in range(2):
        project.run("tap-csv-folder", "target-clevertap--csv")
        assert people(emulator) == CSV_PEOPLE
        assert orders(emulator) == ORDERS


def test_the_log_of_postgres(project, emulator):
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed, and not available as a package for this Python")
    if missing := missing_plugin("wal2json"):
        pytest.skip(missing)
    server = PostgresServer.start(is_logical=True)
    try:
        server.query("select pg_create_logical_replication_slot('clevertap', 'wal2json')")
        server.query("create schema shop;" + TABLES.format(schema="shop"))
        project.use_postgres(server)
        project.run("tap-postgres", "target-clevertap--tables")
        assert people(emulator) == PEOPLE
        assert orders(emulator) == ORDERS
        server.query("update shop.people set points = 16 where customer_id = '7'")
        project.run("tap-postgres", "target-clevertap--tables")
        assert people(emulator)["7"]["points"] == 16
        assert orders(emulator) == ORDERS
    finally:
        server.stop()


def test_mysql(project, emulator):
    if not is_installed():
        pytest.skip(MISSING)
    server = MariaDBServer.start()
    try:
        server.run("create database shop;" + TABLES.format(schema="shop"))
        names = {"HOST": "127.0.0.1", "PORT": str(server.port), "USER": "tap", "PASSWORD": "tap"}
        project.secrets |= {f"TAP_MYSQL_{name}": value for name, value in names.items()}
        for _ in range(2):
            project.run("tap-mysql", "target-clevertap--mysql")
            assert people(emulator) == PEOPLE
            assert orders(emulator) == ORDERS
    finally:
        server.stop()


def test_documents_of_mongodb(emulator, tmp_path):
    """The messages are those of meltanolabs-tap-mongodb 0.4.1."""
    schema = {"type": "SCHEMA", "stream": "shop_customers", "key_properties": ["replication_key"]}
    schema |= {"schema": {"type": "object", "properties": ENVELOPE}}
    schema |= {"bookmark_properties": ["replication_key"]}
    messages = [schema]
    for each in DOCUMENTS:
        key = each["_id"]
        record = dict.fromkeys(ENVELOPE) | {"replication_key": key, "object_id": key}
        record |= {"document": each, "namespace": {"database": "shop"}}
        messages.append({"type": "RECORD", "stream": "shop_customers", "record": record})
    lines = "".join(f"{json.dumps(each)}\n" for each in messages).encode()
    ended = deliver(emulator, tmp_path, recipe("sources", "target-clevertap--mongodb"), lines)
    assert ended.status == 0, ended.log
    assert people(emulator) == {
        "65a1": {"Name": "Zoë", "Email": "zoe@example.org", "Points": 2**53 + 1},
        "65a2": {},
    }
