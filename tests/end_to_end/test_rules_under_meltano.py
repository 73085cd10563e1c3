"""Rules in `meltano.yml`, as pasted and as written by hand: odd names arrive as they are."""

from __future__ import annotations

import json
import subprocess

import pytest
import yaml

from tests.support import tables
from tests.support.forked_emulator import ForkedEmulator
from tests.support.plugin_process import BIN, meltano_environment
from tests.support.target_process import TargetProcess

PROJECT = {
    "default_environment": "dev",
    "send_anonymous_usage_stats": False,
    "environments": [{"name": "dev"}],
    "project_id": "3f0c5f4e-9a1f-4a57-8f5f-6f2c1f5f0c52",
    "plugins": {
        "extractors": [{"name": "tap-file", "namespace": "tap_file", "executable": "./print-it"}],
        "loaders": [
            {
                "name": "target-clevertap",
                "namespace": "target_clevertap",
                "executable": "target-clevertap",
                "capabilities": ["about", "stream-maps", "schema-flattening", "structured-logging"],
                "log_parser": "singer-sdk",
                "settings": [
                    {"name": "account_id", "sensitive": True},
                    {"name": "passcode", "sensitive": True},
                    {"name": "api_url"},
                    {"name": "streams", "kind": "object"},
                ],
                "config": {"region": "in1"},
            }
        ],
    },
}
ODD_ROW = {"$USD": "1", "${USD}": "2", "it's": "3", ' "q": #': "4", "a\nb": "5", "back\\slash": "6"}
ODD_ROW |= {
    "yes": "7",
    "12": "8",
    "\ufeffid": "9",
    "日本": "10",
    "-": "11",
    "_$X": "12",
    "a\\.b": "13",
}
ODD = tables.Table(
    "odd.\ufeff #1: \"x\" 'é' $USD ${USD} \n\\end",
    dict.fromkeys((*ODD_ROW, "a.$USD.user_id"), tables.KINDS["text"]) | {"at": tables.KINDS["at"]},
    [],
    {**ODD_ROW, "a.$USD.user_id": "u77", "at": tables.NOON},
    "u77",
    event="X É Usd Usd End",
    properties={"USD": "1", "{USD}": "2", "its": "3", "q #": "4", "a b": "5", "back slash": "6"}
    | {"yes": "7", "12": "8", "id": "9", "日本": "10", "-": "11", "_ X": "12", "a b 2": "13"},
)
PASTED = [
    ODD,
    next(each for each in tables.TRANSACTIONS if each.stream == "bq.fares.rides_2022"),
    next(each for each in tables.DOCUMENTS if each.stream == "app.searches"),
    next(each for each in tables.DOCUMENTS if each.stream == "shop_orders"),
    next(each for each in tables.CSVS if each.stream == "orders.csv"),
    next(each for each in tables.PEOPLE if each.stream == "contacts"),
]


@pytest.fixture(scope="module")
def running():
    emulator = ForkedEmulator.start(days=1, events_per_day=1, users=10)
    yield emulator
    emulator.stop()


@pytest.fixture
def emulator(running):
    running.reset()
    return running


@pytest.fixture
def project(emulator, tmp_path):
    return Project(emulator, tmp_path)


class Project:
    """A Meltano project between a file of messages and CleverTap's stand-in."""

    def __init__(self, emulator, folder):
        self.folder = folder
        self.environment = meltano_environment(
            TARGET_CLEVERTAP_ACCOUNT_ID=emulator.account_id,
            TARGET_CLEVERTAP_PASSCODE=emulator.passcode,
            TARGET_CLEVERTAP_API_URL=emulator.url,
            USD="expanded",
        )
        script = folder / "print-it"
        script.write_text("#!/bin/sh\ncat input.singer\n")
        script.chmod(0o755)

    def run(self, messages, settings="", **environment):
        """Run the pipeline with text pasted under the target's `config`."""
        lines = [json.dumps(message) for message in messages]
        (self.folder / "input.singer").write_text("\n".join(lines) + "\n")
        text = yaml.safe_dump(PROJECT, sort_keys=False)
        assert text.endswith("      region: in1\n")
        pasted = "".join(f"      {line}\n" for line in settings.splitlines())
        (self.folder / "meltano.yml").write_text(text + pasted)
        return subprocess.run(
            [BIN / "meltano", "run", "tap-file", "target-clevertap"],
            cwd=self.folder,
            env={**self.environment, **environment},
            capture_output=True,
            check=False,
            text=True,
            timeout=300,
        )


def offered(log):
    """Return the lines that a message in a log offers to paste."""
    _, found, text = log.partition("for example:\n")
    assert found, log
    lines = text.splitlines()
    ends = (number for number, line in enumerate(lines) if line.startswith("20"))
    return "\n".join(lines[: next(ends, None)])


def merged(texts):
    """Return one text of several, as users write the rules of several streams into one file."""
    parts = {"streams": [], "stream_maps": []}
    for text in texts:
        part = "streams"
        for line in text.splitlines():
            if line.rstrip(":") in parts:
                part = line.rstrip(":")
            else:
                parts[part].append(line)
    return "\n".join(line for part in parts for line in (f"{part}:", *parts[part]))


def test_what_is_offered_works_as_it_stands_in_meltano_yml(project, emulator, tmp_path):
    under_meltano = project.run(ODD.messages())
    assert under_meltano.returncode == 1
    target = TargetProcess(emulator, tmp_path)
    alone = [target.run(each.messages(), streams={}) for each in PASTED]
    assert all(run.status == 1 for run in alone)
    assert not emulator.uploads()["events"]
    assert offered(under_meltano.stderr) == offered(alone[0].log)
    messages = [message for each in PASTED for message in each.messages()]
    run = project.run(messages, merged(offered(run.log) for run in alone))
    assert run.returncode == 0, run.stderr
    uploads = emulator.uploads()
    delivered = [each["record"] for each in (*uploads["events"], *uploads["profiles"])]
    assert len(delivered) == len(PASTED)
    for each in PASTED:
        (got,) = (found for found in delivered if found["identity"] == each.identity)
        assert got.get("evtName") == each.event
        properties = got.get("evtData") or got["profileData"]
        assert {name: properties.get(name) for name in each.properties} == each.properties
        assert "expanded" not in json.dumps(got)


BY_HAND = """
streams:
  shop.orders:
    type: event
    event: Order
    identity: u
    properties:
      Amount: total.net
    others: drop
  shop:
    type: profile
    identity: u
    operations:
      a.tags: $add
    properties:
      Tags: a.tags
  shop.eu.refunds: {type: event, event: Refund, identity: u, others: drop}
  'shop\\.users': {type: profile, identity: u}
"""


def by_hand_messages():
    messages = []
    for stream in ("shop.orders", "shop", "shop.eu.refunds", "shop.users"):
        columns = tables.columns("u, total.net:num, a.tags" if stream == "shop.orders" else "u")
        if stream == "shop":
            columns = tables.columns("u, a.tags")
        row = {"u": stream, "total.net": 1.5, "a.tags": "gold"}
        row = {name: row[name] for name in columns}
        messages += tables.Table(stream, columns, ["u"], row, stream).messages()
    return messages


def test_names_with_dots_written_by_hand_work(project, emulator):
    run = project.run(by_hand_messages(), BY_HAND)
    assert run.returncode == 0, run.stderr
    uploads = emulator.uploads()
    events = {each["record"]["identity"]: each["record"] for each in uploads["events"]}
    profiles = {each["record"]["identity"]: each["record"] for each in uploads["profiles"]}
    assert events["shop.orders"]["evtData"] == {"Amount": 1.5}
    assert events["shop.eu.refunds"]["evtName"] == "Refund"
    assert profiles["shop"]["profileData"] == {"Tags": {"$add": ["gold"]}}
    assert set(profiles) == {"shop", "shop.users"}


def test_rules_in_an_environment_variable_work_with_a_backslash_before_the_dot(project, emulator):
    rules = {"shop\\.orders": {"type": "event", "event": "Order", "identity": "u"}}
    messages = tables.Table("shop.orders", tables.columns("u"), ["u"], {"u": "x"}, "x").messages()
    run = project.run(messages, TARGET_CLEVERTAP_STREAMS=json.dumps(rules))
    assert run.returncode == 0, run.stderr
    assert len(emulator.uploads()["events"]) == 1


def test_a_stream_map_that_meltano_nests_is_refused_with_the_way_to_write_it(project, emulator):
    maps = "stream_maps:\n  shop.orders:\n    total: float(1)\n"
    run = project.run(by_hand_messages(), BY_HAND + maps)
    assert run.returncode == 1
    assert (
        "if the name is `shop.orders`, Meltano nests it by its dot: write `shop?orders`"
        in run.stderr
    )
    assert not emulator.uploads()["events"]
