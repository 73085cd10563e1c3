"""Taps that write batch files, as their SDKs of different ages do, into target-clevertap."""

from __future__ import annotations

import pytest

from tests.partners.meltano_project import recipe
from tests.partners.partner import Partner
from tests.partners.taps.delivering import Delivering
from tests.partners.taps.shop import ORDERS, RULES, orders, people
from tests.partners.taps.test_taps_files import (
    NEW,
    without_lines,
    write_csv,
    write_json_lines,
)
from tests.partners.targets.loading import assert_exact


def batch_config(folder, root, compression):
    """Return the setting, with a root that is a URL or a path; either has a space in it."""
    files = folder / "batch files"
    files.mkdir()
    return {
        "encoding": {"format": "jsonl", "compression": compression},
        "storage": {"root": f"file://{files}" if root == "url" else str(files), "prefix": "x y "},
        "batch_size": 70,
    }


@pytest.fixture
def emulator(start_emulator):
    return start_emulator(days=1, users=1)


@pytest.mark.parametrize(
    ("root", "compression"), [("url", "gzip"), ("path", "gzip"), ("url", "none")]
)
def test_json_lines_in_batch_files(emulator, tmp_path, root, compression):
    tap = Partner.installed("tap-jsonl")
    files = batch_config(tmp_path, root, compression)
    reading = []
    for stream, key in {"people": "customer_id", "orders": "order_id"}.items():
        config = {"path": str(tmp_path / f"{stream}.jsonl"), "stream_name": stream}
        config |= {"primary_keys": [key], "batch_config": files}
        reading.append(Delivering(tap, config, emulator, tmp_path, {"streams": RULES}))
    for count in (ORDERS, ORDERS + NEW):
        write_json_lines(tmp_path / "people.jsonl", people())
        write_json_lines(tmp_path / "orders.jsonl", orders(count))
        for each in reading:
            messages = each.read()
            assert b'"BATCH"' in messages
            assert b'"RECORD"' not in messages
            each.deliver(messages)
        assert_exact(*reading[0].compared(people(), orders(count)))


def test_a_csv_through_stream_maps_in_batch_files(emulator, tmp_path):
    tap = Partner.installed("tap-csv-folder")
    config = {"path": str(tmp_path / "data"), "read_mode": "one_stream_per_file"}
    config["batch_config"] = batch_config(tmp_path, "url", "gzip")
    (tmp_path / "data").mkdir()
    settings = recipe("sources", "target-clevertap--csv")
    delivering = Delivering(tap, config, emulator, tmp_path, settings)
    write_csv(tmp_path / "data" / "people.csv", people())
    write_csv(tmp_path / "data" / "orders.csv", without_lines(orders(ORDERS)))
    messages = delivering.read()
    assert b'"BATCH"' in messages
    delivering.deliver(messages)
    assert_exact(*delivering.compared(people(), without_lines(orders(ORDERS))))
