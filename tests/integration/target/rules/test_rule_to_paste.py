"""The rule suggested for a stream without one works when it is pasted."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml

from tests.support import tables
from tests.support.target_process import TargetProcess, record, schema, state

SORTS = {
    "people": tables.PEOPLE,
    "transactions": tables.TRANSACTIONS,
    "activities": tables.ACTIVITIES,
    "audiences": tables.AUDIENCES,
    "csv": tables.CSVS,
    "mixed": tables.MIXED,
    "documents": tables.DOCUMENTS,
    "objects": tables.OBJECTS,
}
OFFER = "it has no rule and nothing of it was sent; add one to the setting streams, for example:\n"


def refused(emulator, folder, messages, **settings):
    """Run without a rule, and return the target's messages."""
    folder.mkdir(parents=True, exist_ok=True)
    finished = TargetProcess(emulator, folder).run(messages, **{"streams": {}, **settings})
    assert finished.status not in {0, 3}
    assert not finished.states
    return finished.log


def offered(log):
    """Return the text that a message offers to paste."""
    _, found, text = log.partition(OFFER)
    assert found, log
    return text


@pytest.mark.parametrize("sort", SORTS)
def test_what_is_offered_for_a_table_delivers_it(sort, emulator, tmp_path):
    listed = SORTS[sort]

    def pasted(number):
        each = listed[number]
        log = refused(emulator, tmp_path / str(number), each.messages())
        return yaml.safe_load(offered(log))

    with ThreadPoolExecutor(2) as threads:
        settings = list(threads.map(pasted, range(len(listed))))
    target = TargetProcess(emulator, tmp_path)
    assert not target.delivered()
    config = {"streams": {}, "stream_maps": {}}
    for each in settings:
        config["streams"].update(each["streams"])
        config["stream_maps"].update(each.get("stream_maps", {}))
    messages = [message for each in listed for message in each.messages()]
    finished = target.run([*messages, state("done")], **config)
    assert (finished.status, finished.states) == (0, ["done"]), (config, finished.log)
    delivered = {(each["identity"], each.get("evtName")): each for each in target.delivered()}
    assert len(delivered) == len(listed), delivered
    for each, rule in zip(listed, settings, strict=True):
        check(each, delivered[each.identity, each.event], rule)


def check(each, got, rule):
    assert got["type"] == ("event" if each.event else "profile"), rule
    if each.event:
        assert got["ts"] == tables.seconds(each.time), rule
    properties = got["evtData"] if each.event else got["profileData"]
    assert {name: properties.get(name) for name in each.properties} == each.properties, rule
    assert not properties.keys() & set(each.absent), rule
    assert len({"".join(name.split()).casefold() for name in properties}) == len(properties)


def test_the_command_in_the_text_makes_json_for_a_singer_config(emulator, tmp_path):
    each = tables.CSVS[0]
    text = offered(refused(emulator, tmp_path, each.messages()))
    command = text.splitlines()[1].removeprefix("#").strip()
    assert command.startswith("python -c ")
    code = command.split("'")[1]
    made = subprocess.run(
        [sys.executable, "-c", code], input=text, capture_output=True, check=True, text=True
    )
    target = TargetProcess(emulator, tmp_path)
    assert target.run(each.messages(), **json.loads(made.stdout)).status == 0
    assert len(target.delivered()) == 1


@pytest.mark.parametrize("stream", tables.NO_USERS)
def test_nothing_is_offered_for_a_table_without_a_user(stream, emulator, tmp_path):
    columns, keys, join = tables.NO_USERS[stream]
    log = refused(emulator, tmp_path, [schema(stream, columns, keys, ()), record(stream)])
    assert (
        f"stream `{stream}`: it has no rule and nothing of it was sent; no column names a user"
        in log
    )
    assert f"both {join} and the user's id" in log
    assert "type:" not in log


def test_a_table_without_a_user_can_be_left_out_as_the_message_says(target):
    columns, keys, _ = tables.NO_USERS["shop-items"]
    messages = [schema("shop-items", columns, keys, ()), record("shop-items", order_id=1, line=1)]
    finished = target.run([*messages, state(1)], streams={}, stream_maps={"shop-items": "__NULL__"})
    assert (finished.status, finished.states) == (0, [1])


def test_an_object_that_hides_its_columns_is_not_offered_as_a_user(target):
    columns = tables.columns("id:int, customer:obj, at:at")
    finished = target.run([schema("orders", columns, ["id"], ())], streams={})
    assert "if one is within `customer`, extract it with a stream map" in finished.log
    assert "identity:" not in finished.log
