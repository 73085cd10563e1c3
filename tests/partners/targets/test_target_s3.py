"""tap-clevertap into S3: JSON as it is, Parquet by the recipe that makes text of open objects."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal

import duckdb
import pytest
import requests

from tests.partners.moved import measured
from tests.partners.partner import Partner
from tests.partners.targets.loading import against, appended, assert_exact, first_run, load

BUCKET = "lake"


class Lake:
    """A bucket of moto's S3, and the settings that reach it."""

    def __init__(self, address):
        self.address = address

    def settings(self, file_format, prefix):
        credentials = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
        place = {"aws_region": "us-east-1", "aws_bucket": BUCKET}
        return {
            "format": {"format_type": file_format},
            "cloud_provider": {
                "cloud_provider_type": "aws",
                "aws": credentials | place | {"aws_endpoint_override": self.address},
            },
            "prefix": prefix,
        }

    def files(self, prefix, stream):
        """Return the contents of a stream's files."""
        query = {"list-type": "2", "prefix": f"{prefix}/"}
        listed = requests.get(f"{self.address}/{BUCKET}", params=query, timeout=30).text
        keys = [each.partition("</Key>")[0] for each in listed.split("<Key>")[1:]]
        chosen = [key for key in keys if f"/{stream}/" in key]
        return [
            requests.get(f"{self.address}/{BUCKET}/{key}", timeout=30).content for key in chosen
        ]


@pytest.fixture(scope="module")
def lake():
    moto = pytest.importorskip("moto.server")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    requests.put(f"http://{host}:{port}/{BUCKET}", timeout=30).raise_for_status()
    yield Lake(f"http://{host}:{port}")
    server.stop()


@pytest.fixture
def target():
    return Partner.installed("plinxore-target-s3")


def test_json_holds_every_value(target, lake, readings, record_property):
    def found(stream):
        files = lake.files("json", stream)
        texts = [gzip.decompress(each).decode() for each in files]
        return [row for text in texts for row in json.loads(text, parse_float=Decimal)]

    load(target, lake.settings("json", "json"), readings.first)
    first = first_run(readings, found)
    load(target, lake.settings("json", "json"), readings.second)
    second = appended(readings, found)
    measured(record_property, target, "JSON, new files", first, second)
    assert_exact(*first, *second)


def test_parquet_holds_every_value_by_the_recipe(target, lake, as_text, record_property, tmp_path):
    plain, text = as_text

    def found(stream):
        for number, each in enumerate(lake.files("parquet", stream)):
            (tmp_path / f"{stream}-{number}.parquet").write_bytes(each)
        return rows_of(tmp_path / f"{stream}-*.parquet")

    load(target, lake.settings("parquet", "parquet"), text)
    first = against(plain, found)
    measured(record_property, target, "Parquet, objects as JSON text", first)
    assert_exact(*first)


def rows_of(pattern):
    """Return the rows of Parquet files; a time as text, with its zone."""
    with duckdb.connect() as database:
        database.execute("set timezone = 'UTC'")
        columns = database.execute(f"describe select * from '{pattern}'").fetchall()
        picked = [
            f'"{name}"::varchar as "{name}"' if "TIMESTAMP" in kind else f'"{name}"'
            for name, kind, *_ in columns
        ]
        rows = database.execute(f"select {', '.join(picked)} from '{pattern}'").fetchall()
        names = [name for name, *_ in columns]
        return [dict(zip(names, row, strict=True)) for row in rows]
