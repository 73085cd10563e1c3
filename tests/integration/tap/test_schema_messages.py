"""SCHEMA and records agree through stream maps, selections, old catalogs and BATCH."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from tests.integration.tap.odd_server import rows, run, serving
from tests.support.plugin_process import discovered as discovered_anew
from tests.support.plugin_process import write_json

OPEN = {"type": ["object", "null"], "additionalProperties": True}
OPEN_FIELDS = {
    "events": {"event_props", "session_props", "profile_data", "app"},
    "profiles": {"profile_data", "events"},
}
KEYS = {"events": "event_key", "profiles": "profile_key"}
AMOUNTS = ["129.90", "0.1000000000000000055511151231257827", "1e400", "-0.0", "5", "2.50"]
ROW = '{{"profile": {{"objectId": "-{}"}}, "ts": 20260829120000, "event_props": {}}}'
PROPS = '{{"A": {0}, "List": [{0}, {{"B": {0}}}], "Text": "{0}"}}'


def read(tap_launcher, **config):
    with serving_text() as server:
        output = run(tap_launcher, server, **config)
    assert output.status == 0, output.log
    return output


@contextmanager
def serving_text():
    """Serve the amounts with all their digits."""
    parts = [ROW.format(amount, PROPS.format(amount)) for amount in AMOUNTS]
    with serving(lambda *_: {"records": "ROWS"}) as server:
        server.texts = {'"ROWS"': f"[{','.join(parts)}]"}
        yield server


def amounts_of(lines):
    """Return the amounts in a run's records as they are written."""
    found = {}
    for line in lines:
        if '"RECORD"' in line and '"events"' in line:
            record = json.loads(line, parse_float=str, parse_int=str)["record"]
            found[record["event_props"]["Text"]] = record
    return found


@pytest.mark.parametrize(
    "maps",
    [
        {"events": {"more": "identity"}},
        {"events": {"props": "event_props", "amount": "float(event_props['A'])"}},
        {"*": {"email": "__NULL__"}},
        {"events": {"__filter__": "event_props['A'] is not None"}},
        {"profiles": {"email": "__NULL__"}},
    ],
    ids=str,
)
def test_numbers_keep_their_digits_through_stream_maps(tap_launcher, maps):
    plain, mapped = (
        amounts_of(read(tap_launcher, **config).lines) for config in ({}, {"stream_maps": maps})
    )
    assert plain.keys() == set(AMOUNTS)
    for amount, record in mapped.items():
        assert record["event_props"] == plain[amount]["event_props"]
        assert Decimal(record["event_props"]["A"]) == Decimal(amount)
        assert record.get("props", record["event_props"]) == record["event_props"]
        if amount == "0.1000000000000000055511151231257827" and "amount" in record:
            assert record["amount"] == amount


def test_what_an_expression_takes_away_or_computes_stays_so(tap_launcher):
    maps = {"events": {"gone": "event_props.pop('A')", "half": "event_props['List'][0] / 2"}}
    for amount, record in amounts_of(read(tap_launcher, stream_maps=maps).lines).items():
        assert "A" not in record["event_props"]
        if amount not in {"1e400", "-0.0"}:
            assert Decimal(record["half"]) == Decimal(str(float(amount) / 2))


@cache
def discovered_text():
    return json.dumps(discovered_anew())


def discovered():
    return json.loads(discovered_text())


def assert_open_and_short(schemas):
    assert schemas
    for stream, message in schemas.items():
        schema = message["schema"]
        assert "$schema" not in schema
        assert schema["properties"][KEYS[stream]]["maxLength"] == 32
        for field in OPEN_FIELDS[stream] & schema["properties"].keys():
            schema_of_field = {**schema["properties"][field]}
            schema_of_field.pop("description", None)
            assert schema_of_field == OPEN
        if stream == "profiles":
            assert schema["properties"]["platform_info"]["items"]["properties"] == {}


def old_catalog():
    """Return the catalog that the first release wrote."""
    catalog = discovered()
    catalog["streams"] = [each for each in catalog["streams"] if each["stream"] in KEYS]
    for stream in catalog["streams"]:
        schema = stream["schema"]
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        for field in OPEN_FIELDS[stream["stream"]]:
            schema["properties"][field]["properties"] = {}
        del schema["properties"][KEYS[stream["stream"]]]["maxLength"]
        if stream["stream"] == "profiles":
            schema["properties"]["platform_info"]["items"]["properties"] = {}
    return catalog


def deselecting(catalog):
    for stream in catalog["streams"]:
        for entry in stream["metadata"]:
            if entry["breadcrumb"][-1:] == ["email"]:
                entry["metadata"]["selected"] = False
    return catalog


BOTH = {"events": ["Charged"], "profile_events": ["Charged"]}


@pytest.mark.parametrize("catalog", [None, "new", "old", "old and less"])
@pytest.mark.parametrize("mapped", [False, True], ids=["plain", "mapped"])
@pytest.mark.parametrize("batched", [False, True], ids=["records", "batches"])
def test_schemas_have_targets_keep_the_open_objects(
    tap_launcher, tmp_path, catalog, mapped, batched
):
    config = dict(BOTH)
    if mapped:
        config["stream_maps"] = {"*": {"more": "identity"}}
    if batched:
        storage = {"root": tmp_path.as_uri()}
        config["batch_config"] = {"encoding": {"format": "jsonl"}, "storage": storage}
    made = {
        "new": discovered,
        "old": old_catalog,
        "old and less": lambda: deselecting(old_catalog()),
    }
    given = []
    if catalog:
        path = Path(write_json(None))
        path.write_text("\ufeff" + json.dumps(made[catalog]()))
        given = ["--catalog", str(path)]
    with serving(lambda *_: {"records": rows(0, 3)}) as server:
        arguments = ["--config", write_json(server.config(**config)), *given]
        output = tap_launcher.run(*arguments)
    assert output.status == 0, output.log
    assert_open_and_short(output.schemas)
    assert output.schemas.keys() == KEYS.keys()
    if batched:
        (file,) = tmp_path.glob("*--events-*")
        records = [json.loads(line) for line in file.read_text().splitlines()]
    else:
        records = output.events
    assert [each["event_props"] for each in records] == [{"N": 0}, {"N": 1}, {"N": 2}]


def test_what_a_catalog_says_of_its_own_stays(tap_launcher):
    catalog = discovered()
    events = next(each for each in catalog["streams"] if each["stream"] == "events")
    events["schema"]["properties"]["event_props"] = {
        "type": "object",
        "properties": {"N": {"type": "integer"}},
    }
    with serving(lambda *_: {"records": rows(0, 3)}) as server:
        arguments = ["--config", write_json(server.config()), "--catalog", write_json(catalog)]
        output = tap_launcher.run(*arguments)
    schema_of_field = output.schemas["events"]["schema"]["properties"]["event_props"]
    assert (
        schema_of_field["properties"] == {"N": {"type": ["integer", "null"]}}
        or "N" in schema_of_field["properties"]
    )


def test_what_is_discovered_is_as_open():
    text = json.dumps([each for each in discovered()["streams"] if each["stream"] in KEYS])
    # lists are not flattened, and targets of the SDK end at an item without `properties`
    assert len(re.findall(r'"properties": \{\}', text)) == 1
    assert "$schema" not in text
