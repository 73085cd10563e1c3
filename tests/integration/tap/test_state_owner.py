"""A state belongs to one account at one host; another's is refused before anything is read."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.support.plugin_process import (
    discovered,
    run_command,
    tap_command,
    tap_config,
    write_json,
)

TODAY = "2026-08-31"
SIZE = {"timezone": "UTC", "days": 4, "users": 30, "events_per_day": 60, "preparing": 0}
NO_SCHEMA = {"match": {"kind": "schema"}, "action": {"status": 400}}
OTHER = {"account_id": "OTHER-111-1111", "passcode": "other-secret"}


@pytest.fixture(scope="module")
def world(start_emulator_for_module):
    return start_emulator_for_module(**SIZE, today=TODAY)


@pytest.fixture(scope="module")
def others(start_emulator_for_module):
    return start_emulator_for_module(**SIZE, today=TODAY, **OTHER)


@pytest.fixture(scope="module")
def state(world, tap_launcher):
    config = config_for(world, profile_events=["Charged"])
    return tap_launcher.run("--config", write_json(config)).state


def config_for(world, **more):
    days = {"start_date": "2026-08-28", "end_date": TODAY}
    return tap_config(world, **{"timezone": "UTC", "events": ["Charged"], **days, **more})


def without_owner(state):
    old = json.loads(json.dumps(state))
    for each in old["bookmarks"].values():
        del each["account"], each["host"]
    return old


def asked(emulator):
    return [each for each in emulator.requests()["requests"] if each["kind"] != "other"]


def assert_refused(output, *words):
    assert output.status == 1
    (error,) = [line for line in output.log.splitlines() if "| ERROR" in line]
    for word in ("state: ", "--full-refresh", "--state-id-suffix", *words):
        assert word in error
    assert output.events == []
    assert "Traceback" not in output.log


def test_the_state_of_another_account_is_refused(launch_tap, others, state):
    others.reset()
    output = launch_tap(config_for(others), state=state)
    assert_refused(output, "another account", "`localhost`")
    assert asked(others) == []
    for secret in (*OTHER.values(), "TEST-000-0000"):
        assert secret not in output.log


def test_the_emulators_state_is_refused_by_the_project(launch_tap, state):
    config = {"account_id": "TEST-000-0000", "passcode": "p", "region": "in1", "timezone": "UTC"}
    output = launch_tap(config, state=state)
    assert_refused(output, "`localhost`", "`in1.api.clevertap.com`")


def test_the_state_of_another_region_is_refused(launch_tap, world, state):
    moved = json.loads(json.dumps(state))
    for each in moved["bookmarks"].values():
        each.update(account="0123456789abcdef", host="in1.api.clevertap.com")
    assert_refused(launch_tap(config_for(world), state=moved), "`in1.api.clevertap.com`")


def test_a_state_of_which_one_stream_is_anothers_is_refused(launch_tap, world, state):
    mixed = json.loads(json.dumps(state))
    mixed["bookmarks"]["profiles"]["account"] = "0123456789abcdef"
    assert_refused(launch_tap(config_for(world), state=mixed))


def test_every_port_and_name_of_this_machine_is_one_host(launch_tap, start_emulator, state):
    world = start_emulator(**SIZE, today=TODAY)
    named = replace(world, url=world.url.replace("127.0.0.1", "localhost"))
    output = launch_tap(config_for(named), state=state)
    assert output.status == 0, output.log
    assert output.state == state


def test_the_state_holds_no_account_id(state):
    assert "TEST" not in json.dumps(state)
    assert {each["host"] for each in state["bookmarks"].values()} == {"localhost"}


def test_an_older_state_belongs_to_the_first_account_that_reads_by_it(launch_tap, world, state):
    bound = launch_tap(config_for(world), state=without_owner(state))
    assert bound.status == 0, bound.log
    assert bound.log.count("it named no account") == 1
    assert bound.state == state
    assert "it named no account" not in launch_tap(config_for(world), state=bound.state).log


@pytest.mark.parametrize("faults", [[], [NO_SCHEMA]], ids=["at once", "by the export"])
def test_a_wrong_account_id_binds_nothing(launch_tap, start_emulator, state, faults):
    world = start_emulator(**SIZE, today=TODAY)
    world.faults(faults)
    old = without_owner(state)
    output = launch_tap({**config_for(world), "account_id": "MISTYPED"}, state=old)
    assert output.status == 1
    assert output.states
    assert "MISTYPED" not in output.log
    assert not [each for each in output.states if "account" in each["bookmarks"]["events"]]
    assert launch_tap(config_for(world), state=output.state).status == 0


def types_of(command):
    finished = run_command(command)
    return finished, [json.loads(line)["type"] for line in finished.stdout.splitlines()]


def full_table(tmp_path):
    catalog = discovered()
    for stream in catalog["streams"]:
        stream["replication_method"] = "FULL_TABLE"
    path = tmp_path / "catalog.json"
    path.write_text(json.dumps(catalog))
    return ("--catalog", str(path))


def without_charged(state):
    fewer = json.loads(json.dumps(state))
    fewer["bookmarks"]["events"]["partitions"] = []
    return fewer


class TestTheLastMessageIsAState:
    """Classic targets keep no other."""

    @pytest.mark.parametrize("mapped", [False, True], ids=["plain", "mapped"])
    @pytest.mark.parametrize("batched", [False, True], ids=["records", "batches"])
    @pytest.mark.parametrize("known", ["all", "less", "none"])
    def test_of_a_run_that_succeeds(self, world, state, tmp_path, mapped, batched, known):
        more = {"profile_events": ["Charged"]}
        if mapped:
            more["stream_maps"] = {"*": {"more": "identity"}}
        if batched:
            storage = {"root": tmp_path.as_uri()}
            encoding = {"format": "jsonl", "compression": "gzip"}
            more["batch_config"] = {"encoding": encoding, "storage": storage}
        given = {"all": state, "less": without_charged(state), "none": None}[known]
        finished, types = types_of(tap_command(config_for(world, **more), state=given))
        assert finished.returncode == 0, finished.stderr
        assert {"BATCH" if batched else "RECORD"} < set(types)
        assert types[-1] == "STATE"
        assert json.loads(finished.stdout.splitlines()[-1])["value"] == state

    def test_of_a_run_that_reads_the_full_table(self, world, state, tmp_path):
        config = config_for(world, profile_events=["Charged"])
        command = tap_command(config, state=state, arguments=full_table(tmp_path))
        finished, types = types_of(command)
        assert finished.returncode == 0, finished.stderr
        assert types[-1] == "STATE"

    @pytest.mark.parametrize("mapped", [False, True], ids=["plain", "mapped"])
    @pytest.mark.parametrize("path", ["/1/events.json", "/1/profiles.json"])
    @pytest.mark.parametrize("kind", ["open", "page"])
    def test_of_a_run_that_fails(self, world, state, mapped, path, kind):
        world.reset()
        refused = {"match": {"kind": kind, "path": path}, "action": {"status": 400}}
        world.faults([refused])
        more = {"stream_maps": {"*": {"more": "identity"}}} if mapped else {}
        config = config_for(world, profile_events=["Charged"], **more)
        finished, types = types_of(tap_command(config, state=state))
        world.clear_faults()
        assert finished.returncode == 1
        assert types[-1] == "STATE", finished.stderr

    def test_of_a_run_that_fails_after_some_records(self, world, state):
        world.reset()
        match = {"kind": "page", "path": "/1/events.json", "number": 3}
        world.faults([{"match": match, "action": {"status": 400}}])
        config = config_for(world, page_size=23, max_in_flight=1)
        finished, types = types_of(tap_command(config, state=without_charged(state)))
        world.clear_faults()
        assert finished.returncode == 1
        assert "RECORD" in types
        assert types[-1] == "STATE", finished.stderr
