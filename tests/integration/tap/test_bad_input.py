"""A wrong setting ends the run with one line that names it, and shows no secret."""

from __future__ import annotations

import http.server
import subprocess
import threading
from datetime import datetime, timedelta, timezone

import pytest

from tests.support.plugin_process import BIN, discovered, tap_config, write_json
from tests.support.run_output import clean_environment

TOMORROW = (datetime.now(timezone.utc) + timedelta(days=2)).date().isoformat()
SMALL = {"timezone": "UTC", "days": 2, "users": 20, "events_per_day": 60, "preparing": 0}


@pytest.fixture(scope="module")
def world(start_emulator_for_module):
    return start_emulator_for_module(**SMALL)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        pytest.param({"timezone": "Asia/Calcuta"}, ["timezone", "Asia/Calcutta"], id="zone"),
        pytest.param({"region": "in2"}, ["region", "in1"], id="region"),
        pytest.param({"events": ["charged"]}, ["events", "`Charged`"], id="event's case"),
        pytest.param({"events": ["Uninstalled"]}, ["`App Uninstalled`"], id="event's name"),
        pytest.param({"profile_events": ["Chargd"]}, ["profile_events", "`Charged`"], id="profile"),
        pytest.param({"start_date": TOMORROW}, ["start_date", "future"], id="future start"),
        pytest.param(
            {"start_date": "2020-02-02", "end_date": "2020-02-01"},
            ["start_date", "after end_date"],
            id="start after end",
        ),
        pytest.param({"start_date": "31.08.2026"}, ["start_date", "2026-08-31"], id="date"),
        pytest.param({"page_size": 22}, ["page_size", "22"], id="page size"),
        pytest.param({"max_in_flight": 0}, ["max_in_flight"], id="in flight"),
        pytest.param({"api_url": "https://u:p@h"}, ["api_url", "credentials"], id="credentials"),
        pytest.param({"passcode": 5}, ["passcode", "type"], id="passcode's type"),
        pytest.param({"passcode": "wrong-secret€"}, ["passcode"], id="letter in passcode"),
        pytest.param({"passcode": "wrong-secret\n"}, ["passcode"], id="line end in passcode"),
        pytest.param({"start_date": "0001-01-01T00:00:00+14:00"}, ["start_date"], id="year 1"),
        pytest.param({"events_file": "a\0b"}, ["events_file"], id="file with NUL"),
        pytest.param({"request_timeout": 1e10}, ["request_timeout"], id="endless timeout"),
        pytest.param({"stream_maps": {"events": {"x": "email.foo"}}}, ["stream_maps"], id="map"),
        pytest.param({"stream_maps": {"events": {"x": "int(email"}}}, ["stream_maps"], id="syntax"),
        pytest.param(
            {"stream_maps": {"events": {"__filter__": "emial"}}, "events": ["Charged"]},
            ["stream_maps.events"],
            id="filter",
        ),
        pytest.param({"passcode": "wrong-secret"}, ["401", "passcode", "region"], id="passcode"),
        pytest.param({"account_id": "wrong-secret"}, ["401", "account_id"], id="account"),
        pytest.param({"api_url": "http://127.0.0.1:1"}, ["127.0.0.1:1", "region"], id="host"),
        pytest.param({"events_file": "/no/such.csv"}, ["events_file", "No such"], id="file"),
        pytest.param(
            {"excluded_events": ["Charged"], "events": ["Charged"]},
            ["excluded_events"],
            id="all excluded",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_what_to_do(launch_tap, world, wrong, words):
    output = launch_tap(tap_config(world, **{"timezone": "UTC", **wrong}))
    assert output.status == 1
    for word in words:
        assert word in output.log
    assert "Traceback" not in output.log
    assert "wrong-secret" not in output.log
    assert output.events == []


@pytest.mark.parametrize(
    ("content", "names"),
    [
        pytest.param("Event name,Type\nCharged,Custom\n", {"Charged"}, id="plain"),
        pytest.param('\ufeffEvent Name;Count\n"Charged";5\n', {"Charged"}, id="bom, semicolons"),
        pytest.param(
            "Name,Property\nCharged,Amount\nCharged,Items\n\nApp Launched,x\n",
            {"Charged", "App Launched"},
            id="with properties",
        ),
        pytest.param(
            "Titel" + ",x" * 16 + "\n" + f"Charged,Defined{',' * 15}\n" * 3,
            {"Charged"},
            id="17 columns with other titles",
        ),
    ],
)
def test_the_events_file_is_used_like_events(launch_tap, world, tmp_path, content, names):
    path = tmp_path / "events.csv"
    path.write_text(content)
    output = launch_tap(tap_config(world, timezone="UTC", events_file=str(path)))
    assert output.status == 0, output.log
    assert {row["event_name"] for row in output.events} == names


@pytest.mark.parametrize(
    ("content", "word"),
    [
        pytest.param(b"Title,Type\nCharged,Custom\n", "column", id="no name column"),
        pytest.param(b"Event name,Type\n,Custom\n", "line 2", id="empty name"),
        pytest.param(b'Event name\n"Charged"x\n', "not a CSV", id="broken quotes"),
        pytest.param(b"Event name\n\xff\xfe\n", "UTF-8", id="not text"),
        pytest.param(b"", "column", id="empty"),
        pytest.param(b"Event name\n", "no event", id="no rows"),
    ],
)
def test_a_malformed_events_file_is_named_with_its_line(launch_tap, world, tmp_path, content, word):
    path = tmp_path / "events.csv"
    path.write_bytes(content)
    output = launch_tap(tap_config(world, timezone="UTC", events_file=str(path)))
    assert output.status == 1
    assert "events_file" in output.log
    assert word in output.log
    assert "Traceback" not in output.log


def test_a_run_without_time_zone_says_so_once(launch_tap, world):
    config = tap_config(world, events=["Charged"])
    assert launch_tap(config).log.count("timezone: it is not set") == 1
    assert "timezone: it is not set" not in launch_tap({**config, "timezone": "UTC"}).log


def test_an_event_that_may_not_be_exported_is_left_out_with_one_warning(launch_tap, world):
    output = launch_tap(tap_config(world, timezone="UTC", start_date="2026-01-01"))
    assert output.status == 0
    for name in ("Notification Viewed", "Notification Clicked", "Push Impressions"):
        assert output.log.count(f"event `{name}` is left out") == 1
    assert "S3" in output.log


def test_without_get_schema_configured_names_are_decided_by_the_export(launch_tap, start_emulator):
    emulator = start_emulator(**SMALL, getschema="off")
    assert launch_tap(tap_config(emulator, timezone="UTC", events=["Charged"])).events
    unknown = launch_tap(tap_config(emulator, timezone="UTC", events=["charged"]))
    assert unknown.status == 1
    assert "does not know `charged`" in unknown.log
    discovered = launch_tap(tap_config(emulator, timezone="UTC"))
    assert discovered.status == 1
    assert "events_file" in discovered.log


@pytest.mark.parametrize("arguments", [(), ("--test",)], ids=["run", "test"])
def test_silence_for_wrong_credentials_is_no_success(launch_tap, start_emulator, arguments):
    emulator = start_emulator(**SMALL, unknown_credentials="silent")
    for events in ({}, {"events": ["Charged"]}):
        config = tap_config(emulator, timezone="UTC", passcode="wrong", **events)
        output = launch_tap(config, arguments=arguments)
        assert output.status == 1
        assert "region" in output.log


@pytest.mark.parametrize("wrong", [{"passcode": "wrong"}, {"region": "in2"}, {}])
def test_the_connection_test_tells_right_from_wrong(launch_tap, world, wrong):
    config = tap_config(world, **{"timezone": "UTC", **wrong})
    output = launch_tap(config, arguments=("--test",))
    assert (output.status == 0) == (not wrong)
    assert "Traceback" not in output.log


@pytest.mark.parametrize("argument", ["--discover", "--about", "--version", "--help"])
def test_what_needs_no_credentials_needs_no_configuration(argument):
    command = [str(BIN / "tap-clevertap"), argument]
    finished = subprocess.run(command, capture_output=True, check=False, env=clean_environment())
    assert finished.returncode == 0
    assert finished.stdout


class Html(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Welcome</html>")

    do_POST = do_GET  # noqa: N815 - http.server's name

    def log_message(self, *_):
        pass


def test_a_host_that_answers_html_ends_the_run_with_advice(launch_tap):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Html) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        config = {"account_id": "a", "passcode": "p", "api_url": url, "timezone": "UTC"}
        output = launch_tap(config)
        server.shutdown()
    assert output.status == 1
    assert "api_url" in output.log
    assert "Traceback" not in output.log


@pytest.mark.parametrize(
    ("option", "content"),
    [
        pytest.param("--config", "{bad", id="config"),
        pytest.param("--state", "{bad", id="state"),
        pytest.param("--state", "[]", id="state, a list"),
        pytest.param("--catalog", "", id="catalog, empty"),
        pytest.param("--catalog", '{"streams": [{"schema": null}]}', id="catalog, no schema"),
        pytest.param("--config", "[]", id="config, a list"),
    ],
)
def test_a_file_that_is_no_json_object_is_named(launch_tap, world, tmp_path, option, content):
    path = tmp_path / "given.json"
    path.write_text(content)
    arguments = (option, str(path))
    output = launch_tap(tap_config(world, timezone="UTC"), arguments=arguments)
    assert output.status == 1
    assert option in output.log
    assert "given.json" in output.log
    assert "Traceback" not in output.log


CHARGED = {"context": {"event_name": "Charged"}}


@pytest.mark.parametrize(
    "state",
    [
        pytest.param({"bookmarks": None}, id="bookmarks"),
        pytest.param({"bookmarks": {"events": None}}, id="events"),
        pytest.param({"bookmarks": {"events": {"partitions": None}}}, id="partitions"),
        pytest.param({"bookmarks": {"events": {"partitions": [{}]}}}, id="no context"),
        pytest.param({"bookmarks": {"events": {"partitions": [CHARGED] * 2}}}, id="twice"),
        pytest.param({"bookmarks": {"events": {"version": 2}}}, id="version"),
        *(
            pytest.param(
                {
                    "bookmarks": {
                        "events": {"partitions": [{**CHARGED, "replication_key_value": day}]}
                    }
                },
                id=str(day),
            )
            for day in (5, "garbage", "2999-01-01")
        ),
    ],
)
def test_a_state_that_cannot_be_true_is_refused(launch_tap, world, state):
    output = launch_tap(tap_config(world, timezone="UTC", events=["Charged"]), state=state)
    assert output.status == 1
    assert "state" in output.log
    assert "Traceback" not in output.log


def test_a_setting_that_does_not_exist_is_warned_of(launch_tap, world):
    output = launch_tap(tap_config(world, timezone="UTC", events=["Charged"], pagesize=50))
    assert output.status == 0
    assert "settings: `pagesize` is not a setting; did you mean `page_size`?" in output.log


def test_days_in_the_future_of_the_project_are_reported(launch_tap, start_emulator):
    emulator = start_emulator(**SMALL, today="2026-08-31")
    output = launch_tap(tap_config(emulator, timezone="UTC", events=["Charged"]))
    assert output.status == 1
    assert "check timezone and end_date" in output.log


def test_a_fractional_timeout_is_a_timeout(launch_tap, world):
    config = tap_config(world, timezone="UTC", events=["Charged"], request_timeout=30.5)
    assert launch_tap(config).status == 0


def test_an_expression_that_fails_on_a_record_does_not_show_it(launch_tap, world):
    maps = {"events": {"x": "int(identity)"}}
    output = launch_tap(tap_config(world, timezone="UTC", events=["Charged"], stream_maps=maps))
    assert output.status == 1
    assert "stream_maps.events" in output.log
    assert "Traceback" not in output.log
    people = {person["identity"] for person in world.truth(kind="profiles")["profiles"]}
    assert not [person for person in people if person and len(person) > 5 and person in output.log]


def test_silence_is_no_success_for_profiles_alone_either(launch_tap, start_emulator):
    emulator = start_emulator(**SMALL, unknown_credentials="silent")
    config = tap_config(emulator, timezone="UTC", passcode="wrong")
    del config["profile_events"]
    output = launch_tap(config, arguments=("--catalog", profiles_only()))
    assert output.status == 1
    assert "region" in output.log
    assert output.states == []


def profiles_only():
    catalog = discovered()
    catalog["streams"] = [each for each in catalog["streams"] if each["stream"] == "profiles"]
    catalog["streams"][0]["metadata"] = [{"breadcrumb": [], "metadata": {"selected": True}}]
    return write_json(catalog)
