"""Typed streams, loaded by published targets as tables that a person queries."""

from __future__ import annotations

import math
from functools import partial

import duckdb
import pytest

from tests.partners.moved import measured
from tests.partners.partner import Partner
from tests.partners.targets.into_postgres import Loading
from tests.partners.targets.loading import assert_exact, load, rows_of_duckdb, typed

COLUMNS = """
    select data_type from information_schema.columns
    where table_schema = 'clevertap' and table_name = 'event_product_viewed'
    and column_name in ('delivery_by', 'price', 'product') order by column_name
"""


def test_duckdb(typed_reading, record_property, tmp_path):
    target = Partner.installed("target-duckdb")
    config = {"path": str(tmp_path / "warehouse.duckdb"), "default_target_schema": "clevertap"}
    load(target, config, typed_reading)
    found = typed(typed_reading, partial(rows_of_duckdb, config["path"]), empty=None)
    measured(record_property, target, "typed streams, empty text as null", found)
    assert_exact(*found)
    with duckdb.connect(config["path"], read_only=True) as database:
        ((amount,),) = database.execute(typed_reading.statement("clevertap")).fetchall()
        kinds = [kind for (kind,) in database.execute(COLUMNS).fetchall()]
    assert math.isclose(amount, typed_reading.amount)
    assert kinds == ["TIMESTAMP", "DOUBLE", "VARCHAR"]


class TestPostgres:
    @pytest.fixture
    def loaded(self, typed_reading, postgres):
        """Return what loads into a schema that is empty, and checks a sum and kinds of columns."""

        def make(name, number, text, **config):
            postgres.query("drop schema if exists clevertap cascade")
            loading = Loading(Partner.installed(name), postgres, "clevertap", **config)
            load(loading.partner, loading.config, typed_reading)
            ((amount,),) = postgres.query(typed_reading.statement("clevertap"))
            assert math.isclose(amount, typed_reading.amount)
            time, *others = (kind for (kind,) in postgres.query(COLUMNS))
            assert time.startswith("timestamp")
            assert others == [number, text]
            return loading

        return make

    def test_meltanolabs(self, loaded, typed_reading, record_property):
        loading = loaded("meltanolabs-target-postgres", "numeric", "text", load_method="upsert")
        found = typed(typed_reading, loading.found)
        measured(record_property, loading.partner, "typed streams", found)
        assert_exact(*found)

    def test_pipelinewise(self, loaded, typed_reading, record_property):
        kinds = ("double precision", "character varying")
        loading = loaded("pipelinewise-target-postgres", *kinds)
        found = typed(typed_reading, loading.found, empty=None)
        measured(record_property, loading.partner, "typed streams, empty text as null", found)
        assert_exact(*found)
