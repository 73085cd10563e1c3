"""Settings as people write them: empty variables, other zones, odd names, files with a BOM."""

from __future__ import annotations

import json
import logging
import re
import subprocess

import pytest

from tap_clevertap._plugin.log_guard import GuardedRecord
from tap_clevertap._plugin.suggestions import nearest
from tap_clevertap.config.zones import is_zone, zone_advice, zone_warning
from tests.integration.tap.odd_server import rows, run, serving
from tests.support.days import days_ago
from tests.support.plugin_process import BIN, tap_config, write_json
from tests.support.run_output import clean_environment

SMALL = {"timezone": "UTC", "days": 2, "users": 20, "events_per_day": 60, "preparing": 0}
ODD = "Ev\nil \x1b[2Jname\u200b"
ODD_SHOWN = "`Ev\\nil \\x1b[2Jname\\u200b`"


@pytest.fixture(scope="module")
def world(start_emulator_for_module):
    return start_emulator_for_module(**SMALL)


def error_of(output):
    assert output.status == 1, output.log
    assert "Traceback" not in output.log
    (error,) = [line for line in output.log.splitlines() if "| ERROR" in line]
    where, _, rest = error.partition(" | ERROR ")[2].partition("| ")[2].partition(": ")
    assert where
    assert "; " in rest
    assert not rest.endswith(".")
    return error


def by_environment(tap_launcher, world, **variables):
    settings = {
        "ACCOUNT_ID": world.account_id,
        "PASSCODE": world.passcode,
        "API_URL": world.url,
        "TIMEZONE": "UTC",
        "PROFILE_EVENTS": "[]",
        **variables,
    }
    named = {f"TAP_CLEVERTAP_{name}": value for name, value in settings.items()}
    return tap_launcher.run("--config=ENV", speed=10, **named)


@pytest.mark.parametrize("empty", ["", " ", "\n"])
def test_an_empty_variable_is_not_set(tap_launcher, world, empty):
    names = ("EVENTS", "EXCLUDED_EVENTS", "START_DATE", "PAGE_SIZE", "REQUEST_TIMEOUT")
    more = ("STREAM_MAPS", "BATCH_CONFIG", "DUPLICATES", "EVENTS_FILE", "LOOKBACK_DAYS")
    output = by_environment(tap_launcher, world, **dict.fromkeys((*names, *more), empty))
    assert output.status == 0, output.log
    assert len({row["event_name"] for row in output.events}) > 3


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"PAGE_SIZE": "many"}, ["TAP_CLEVERTAP_PAGE_SIZE: ", "a whole number"]),
        ({"PAGE_SIZE": "1000.0"}, ["TAP_CLEVERTAP_PAGE_SIZE: ", "a whole number"]),
        ({"MAX_IN_FLIGHT": "3.0"}, ["TAP_CLEVERTAP_MAX_IN_FLIGHT: ", "a whole number"]),
        ({"PAGE_SIZE": "5"}, ["page_size: `5`", "at least 23"]),
        ({"REQUEST_TIMEOUT": "1m"}, ["TAP_CLEVERTAP_REQUEST_TIMEOUT: ", "a number"]),
        ({"EVENTS": '["Charged"'}, ["TAP_CLEVERTAP_EVENTS: ", 'as in ["A", "B"]']),
        ({"STREAM_MAPS": "[]"}, ["TAP_CLEVERTAP_STREAM_MAPS: ", "a JSON object"]),
        ({"ACCOUNT_ID": ""}, ["account_id: "]),
    ],
    ids=str,
)
def test_a_variable_of_another_kind_is_named(tap_launcher, world, variables, words):
    error = error_of(by_environment(tap_launcher, world, **variables))
    assert [word for word in words if word not in error] == []


@pytest.mark.parametrize(
    "events", ['["Charged", "Search"]', "Charged,Search", " Charged , Search,"]
)
def test_a_list_may_be_json_or_have_commas(tap_launcher, world, events):
    more = {"REQUEST_TIMEOUT": "30.5", "MAX_IN_FLIGHT": "2"}
    output = by_environment(tap_launcher, world, EVENTS=events, **more)
    assert output.status == 0, output.log
    assert {row["event_name"] for row in output.events} == {"Charged", "Search"}


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("IST", ["`Asia/Kolkata` or `Asia/Jerusalem` or `Europe/Dublin`", "it may mean"]),
        ("ist", ["`Asia/Kolkata`"]),
        ("PST", ["`America/Los_Angeles`"]),
        ("+05:30", ["an offset", "`Asia/Kolkata`"]),
        ("GMT+5:30", ["an offset", "`Asia/Kolkata`"]),
        ("UTC+0530", ["an offset", "`Asia/Kolkata`"]),
        ("(GMT+05:30) Chennai, Kolkata", ["an offset", "`Asia/Kolkata`"]),
        ("-03", ["an offset", "`America/Sao_Paulo`"]),
        ("India", ["`Asia/Kolkata`"]),
        ("India Standard Time", ["`Asia/Kolkata`"]),
        ("kolkata", ["`Asia/Kolkata`"]),
        ("new york", ["`America/New_York`"]),
        ("asia/kolkata", ["`Asia/Kolkata`"]),
        ("Asia/Calcuta", ["`Asia/Calcutta`"]),
        ("nowhere at all", ["like `Asia/Kolkata`"]),
        ("utc", ["write `UTC`"]),
        ("GMT+5", ["an offset", "`Asia/Karachi`"]),
        ("UTC+5.5", ["an offset", "`Asia/Kolkata`"]),
        ("UTC\N{MINUS SIGN}3", ["an offset", "`America/Sao_Paulo`"]),
        ("Pacific Time (US & Canada)", ["write `America/Los_Angeles`"]),
        ("localtime", ["is not an IANA name"]),
        ("right/UTC", ["is not an IANA name"]),
        (ODD, [ODD_SHOWN]),
    ],
)
def test_a_time_zone_that_is_no_name_gets_advice(launch_tap, world, zone, words):
    error = error_of(launch_tap(tap_config(world, timezone=zone)))
    assert [word for word in ["timezone: ", *words] if word not in error] == []


@pytest.mark.parametrize("zone", ["Asia/Calcutta", "US/Eastern", "CET", "EST"])
def test_older_names_of_zones_work(launch_tap, world, zone):
    # a day that has begun in the zone may not have begun in the project's
    end = days_ago(2).isoformat()
    output = launch_tap(tap_config(world, timezone=zone, events=["Charged"], end_date=end))
    assert output.status == 0, output.log
    assert ("timezone: `EST` has no daylight saving time" in output.log) == (zone == "EST")


@pytest.mark.parametrize(("zone", "offset"), [("Etc/GMT+5", "UTC-5"), ("Etc/GMT-14", "UTC+14")])
def test_a_zone_whose_sign_is_the_other_way_round_is_reported(zone, offset):
    assert f"`{zone}` is {offset};" in zone_warning(zone)


def test_a_zone_that_depends_on_the_machine_is_never_advised():
    assert "Etc/GMT" not in zone_advice("GMT+5")
    assert not is_zone("localtime")


def test_all_zones_that_are_advised_exist():
    for name in ("IST", "USA", "Indonesia", "+02:00", "GMT-3"):
        assert "`" in zone_advice(name)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("charged", "did you mean `Charged`?"),
        ("CHARGED ", "did you mean `Charged`?"),
        ("Charged\u200b", "did you mean `Charged`?"),
        ("Charged\ufeff", "did you mean `Charged`?"),
        ("App\u00a0Launched", "did you mean `App Launched`?"),
        ("applaunched", "did you mean `App Launched`?"),
        ("Sea rch", "did you mean `Search`?"),
        ("Chargd", "did you mean `Charged`?"),
        ("Quite Other", "as the dashboard's Schema page has them"),
        (ODD, ODD_SHOWN),
    ],
)
def test_a_name_that_cleverTap_does_not_know_is_shown_with_those_like_it(  # noqa: N802 - its name
    launch_tap, world, name, near
):
    error = error_of(launch_tap(tap_config(world, timezone="UTC", events=["Charged", name])))
    assert "events: CleverTap does not know `" in error
    assert near in error


@pytest.mark.parametrize("setting", ["events", "excluded_events", "profile_events"])
@pytest.mark.parametrize("blank", ["", "  ", "\u200b", "\u3164"])
def test_a_blank_name_is_refused(launch_tap, world, setting, blank):
    config = {**tap_config(world, timezone="UTC"), setting: ["Charged", blank]}
    assert f"{setting}: `" in error_of(launch_tap(config))


def test_all_names_that_are_folded_to_one_are_offered():
    assert nearest("charged", ["Charged", "CHARGED", "Char ged", "Search"]) == (
        "did you mean `Charged` or `CHARGED` or `Char ged`?"
    )


def test_a_name_given_twice_is_read_once(launch_tap, world):
    once = launch_tap(tap_config(world, timezone="UTC", events=["Charged"]))
    twice = launch_tap(tap_config(world, timezone="UTC", events=["Charged", "Charged"]))
    assert len(twice.events) == len(once.events) > 0


FILES = {
    "UTF-16, as spreadsheets save it": "Event name\tType\nCharged\tx\n".encode("utf-16"),
    "UTF-16, the other way": b"\xfe\xff" + "Event name;Type\nCharged;x\n".encode("utf-16-be"),
    "a line that names the separator": b"sep=;\r\nEvent name;Type\r\nCharged;x\r\n",
    "bars": b"Type|Event name\nx|Charged\n",
    "an unseen character in the header": "\u200bEvent name\u200b,Type\nCharged,x\n".encode(),
    "old Macintosh": b"Event name,Type\rCharged,x\r",
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES.keys())
def test_an_events_file_is_read_as_spreadsheets_write_it(launch_tap, world, tmp_path, content):
    path = tmp_path / "events.csv"
    path.write_bytes(content)
    output = launch_tap(tap_config(world, timezone="UTC", events_file=str(path)))
    assert output.status == 0, output.log
    assert {row["event_name"] for row in output.events} == {"Charged"}


def test_what_an_events_file_holds_instead_is_shown(launch_tap, world, tmp_path):
    path = tmp_path / "ev\x1bents.csv"
    path.write_text(f'"{ODD}",Type\nCharged,x\n')
    error = error_of(launch_tap(tap_config(world, timezone="UTC", events_file=str(path))))
    assert "ev\\x1bents.csv`" in error
    assert ODD_SHOWN in error


def test_a_config_with_a_byte_order_mark_is_read(tap_launcher, world, tmp_path):
    path = tmp_path / "config.json"
    config = tap_config(world, timezone="UTC", events=["Charged"])
    path.write_text("\ufeff" + json.dumps(config))
    more = write_json({"events": ["Search"]})
    output = tap_launcher.run("--config", str(path), "--config", more, speed=10)
    assert output.status == 0, output.log
    assert {row["event_name"] for row in output.events} == {"Search"}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"events": "Charged"}, ["events: `Charged` has the wrong type", "a list"]),
        ({"events": [5]}, ["events.0: `5` has the wrong type"]),
        ({"events": {"Charged": True}}, ["events: the value has the wrong type"]),
        ({"page_size": "500"}, ["page_size: `500`", "a whole number"]),
        ({"page_size": 500.5}, ["page_size: `500.5`", "a whole number"]),
        ({"page_size": True}, ["page_size: "]),
        ({"page_size": 10**400}, ["page_size: "]),
        ({"duplicates": "drop"}, ["duplicates: `drop`", "set one of keep, merge"]),
        ({"region": ODD}, ["region: " + ODD_SHOWN, "in1"]),
        ({"bad_rows": "ignore"}, ["bad_rows: `ignore`", "fail, skip"]),
        ({"passcode": ["secret"]}, ["passcode: the value has the wrong type"]),
    ],
    ids=lambda each: str(each)[:40],
)
def test_a_value_of_another_kind_is_named(launch_tap, world, wrong, words):
    output = launch_tap({**tap_config(world, timezone="UTC"), **wrong})
    error = error_of(output)
    assert [word for word in words if word not in error] == []
    assert "secret" not in output.log


def test_what_is_missing_is_named(launch_tap):
    error = error_of(launch_tap({"timezone": "UTC"}))
    assert "account_id: it is missing" in error
    assert "passcode: it is missing" in error


class TestNamesFromOutside:
    """No character of theirs reaches a terminal as it is."""

    def assert_shown(self, output):
        control = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b]")
        assert not control.search(output.log)
        assert not [line for line in output.log.splitlines() if line.startswith("il ")]
        assert ODD_SHOWN in output.log

    @pytest.mark.parametrize("settings", [{}, {"stream_maps": {"*": {"a": "email"}}}])
    def test_in_a_warning_of_an_event_left_out(self, tap_launcher, settings):
        refused = {"status": "fail", "error": "Export not allowed for event", "code": 400}
        page = lambda *_: {"records": rows(0, 3)}  # noqa: E731 - short
        names = ("Charged", ODD)
        opened = lambda name: refused if name == ODD else {"cursor": f"{name}|0"}  # noqa: E731
        with serving(page, names=names, opened=opened) as server:
            output = run(tap_launcher, server, events=None, **settings)
        assert output.status == 0, output.log
        self.assert_shown(output)

    @pytest.mark.parametrize(
        "answer",
        [
            {"records": rows(0, 1, ts="x")},
            {"http": 400},
            {"http": 403, "status": ODD, "error": ODD},
            {"records": {"a": 1}},
            {"status": "fail", "error": ODD, "code": 9999},
        ],
        ids=["bad row", "400", "403", "no list", "code"],
    )
    def test_in_an_error(self, tap_launcher, answer):
        with serving(lambda *_: answer, names=(ODD,)) as server:
            output = run(tap_launcher, server)
        assert output.status == 1
        assert "Traceback" not in output.log
        self.assert_shown(output)

    def test_of_settings(self, tap_launcher):
        with serving(lambda *_: {"records": []}) as server:
            self.assert_shown(run(tap_launcher, server, **{ODD: 5}))
            wrong = run(tap_launcher, server, stream_maps={"events": {"a": f"{ODD}("}})
        assert "stream_maps: " in error_of(wrong)
        assert "\x1b" not in wrong.log

    def test_that_a_message_forgot_to_show(self):
        record = GuardedRecord("tap", logging.INFO, "x.py", 1, "of %s", (ODD,), None)
        assert record.getMessage() == "of Ev\\nil \\x1b[2Jname\\u200b"
        error = ValueError(ODD)
        raised = (type(error), error, None)
        record = GuardedRecord("tap", logging.ERROR, "x.py", 1, "y", (), raised)
        assert "\x1b" not in logging.Formatter().format(record)

    def test_by_the_guard_of_the_process(self):
        """A message of the SDK quotes the variable's value as it is."""
        code = (
            "import logging, sys; from tap_clevertap._plugin.log_guard import guard_logs;"
            "guard_logs(); logging.basicConfig(stream=sys.stdout);"
            f"logging.getLogger('singer_sdk').warning('of %s', {ODD!r})"
        )
        logged = subprocess.run(
            [str(BIN / "python"), "-c", code],
            capture_output=True,
            check=True,
            text=True,
            env=clean_environment(),
        )
        assert logged.stdout == f"WARNING:singer_sdk:of {ODD_SHOWN[1:-1]}\n"


class TestEventsThatVanish:
    """getSchema leaves out what the state knows."""

    def both(self, tap_launcher, names, **config):
        page = lambda *_: {"records": rows(0, 3)}  # noqa: E731 - short
        with serving(page, names=("Charged", "Search", ODD)) as server:
            before = run(tap_launcher, server, events=None, **config)
        assert before.status == 0, before.log
        with serving(page, names=names) as server:
            after = run(tap_launcher, server, state=before.state, events=None, **config)
        assert after.status == 0, after.log
        return before, after

    @pytest.mark.parametrize("settings", [{}, {"stream_maps": {"*": {"a": "email"}}}])
    def test_they_are_named_once(self, tap_launcher, settings):
        people = {"profile_events": ["*"]}
        before, after = self.both(tap_launcher, ("Charged",), **people, **settings)
        (logged,) = [line for line in after.log.splitlines() if "getSchema: " in line]
        assert f"2 events that were read before ({ODD_SHOWN}, `Search`)" in logged
        assert "in events" in logged
        assert "getSchema: " not in before.log

    def test_those_that_are_excluded_are_not(self, tap_launcher):
        page = lambda *_: {"records": rows(0, 3)}  # noqa: E731 - short
        with serving(page, names=("Charged", "Search")) as server:
            state = run(tap_launcher, server, events=None).state
        with serving(page) as server:
            more = {"events": None, "excluded_events": ["Search"]}
            assert "getSchema: " not in run(tap_launcher, server, state=state, **more).log
            assert "getSchema: " not in run(tap_launcher, server, state=state).log


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("Tue, 27 Nov 2018 12:00:00 GMT", ["days behind this machine's"]),
        ("Fri, 27 Nov 2122 12:00:00 GMT", ["days ahead of this machine's"]),
        (None, []),
        ("yesterday", []),
    ],
)
def test_clocks_that_are_far_apart_are_reported_once(tap_launcher, date, words):
    headers = {"headers": {"Date": date}} if date else {}
    with serving(lambda *_: {"records": rows(0, 3), **headers}) as server:
        output = run(tap_launcher, server, speed=1.0)
    assert output.status == 0, output.log
    logged = [line for line in output.log.splitlines() if "its clock is" in line]
    assert len(logged) == bool(words)
    assert all(word in logged[0] for word in words)
