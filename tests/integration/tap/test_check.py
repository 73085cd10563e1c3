"""`tap-clevertap check` over real HTTP: it passes what a run can read, and tells apart what not."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from functools import partial

import pytest

from tests.support.checked import run_check
from tests.support.days import zone_ahead
from tests.support.plugin_process import tap_config, write_json

PASSED = [
    "settings", "host", "credentials", "events", "export", "timezone", "counts", "in_flight",
]  # fmt: skip
SIZE = {"users": 200, "events_per_day": 3000, "preparing": 0}
AFTERNOON = (17, 16, 15, 14, 13, 12, 11)
"""Hours of the settings' zone: far from midnight, and after hours that have events."""


def zones(apart, hours=AFTERNOON):
    """Return the zone of the settings, where it is one of these hours now, and the project's."""
    now = datetime.now(timezone.utc).hour
    offsets = [hour - now + day for hour in hours for day in (-24, 0, 24)]
    here = next(each for each in offsets if {each, each + apart} <= {*range(-12, 15)})
    return zone_ahead(here), zone_ahead(here + apart)


HERE, _ = zones(0)


@pytest.fixture(scope="module")
def project(start_emulator_for_module):
    return start_emulator_for_module(timezone=HERE, **SIZE)


@pytest.fixture
def emulator(project):
    project.reset()
    return project


@pytest.fixture(scope="module", params=["documented", "captured"])
def each_contract(request, start_emulator_for_module):
    return start_emulator_for_module(contract=request.param, timezone=HERE, **SIZE)


@pytest.fixture
def check(tap_launcher):
    return partial(run_check, tap_launcher)


def files_in(root, **more):
    return {"encoding": {"format": "jsonl"}, "storage": {"root": root, **more}}


def settings(emulator, **changed):
    return tap_config(emulator, **{"timezone": HERE, **changed})


def fault(match, **action):
    return {"match": match, "action": action}


# A fine project


def test_a_fine_project_passes_with_a_few_requests(each_contract, check):
    emulator = each_contract
    emulator.reset()
    found = check(settings(emulator))
    assert found.codes == {}
    assert list(found.findings) == PASSED
    assert {finding["code"] for finding in found.findings.values()} == {"ok"}
    requests = emulator.requests()["requests"]
    assert len(requests) <= 6
    assert emulator.requests()["max_in_flight"]["reads"] == 1


def test_it_waits_for_an_export_and_a_count_in_preparation(start_emulator, check):
    emulator = start_emulator(timezone=HERE, **{**SIZE, "preparing": 3})
    assert check(settings(emulator)).codes == {}


def test_the_text_has_a_line_for_each_finding_and_nothing_else(emulator, tap_launcher):
    config = write_json(settings(emulator, passcode="wrong-secret"))
    tap_launcher.start("check", "--config", config)
    status, log = tap_launcher.ended()
    assert status == 1
    lines = tap_launcher.lines()
    assert [line.split()[:2] for line in lines] == [
        ["ok", "settings:"], ["ok", "host:"], ["failed", "credentials:"],
    ]  # fmt: skip
    assert "; copy one from Settings, Passcode" in lines[-1]
    assert "wrong-secret" not in "\n".join(lines) + log


def test_settings_come_from_the_environment_as_for_a_run(emulator, check):
    known = {**settings(emulator), "events": '["Charged"]'}
    given = {f"TAP_CLEVERTAP_{name.upper()}": str(known[name]) for name in known}
    assert check(None, **{**given, "TAP_CLEVERTAP_PROFILE_EVENTS": "[]"}).codes == {}
    refused = check(None, **{**given, "TAP_CLEVERTAP_PAGE_SIZE": "many"})
    assert refused.codes == {"settings": "wrong_settings"}


def test_the_options_of_a_run_stay_as_they_are(emulator, tap_launcher):
    start = (datetime.now(timezone.utc) - timedelta(1)).date().isoformat()
    config = settings(emulator, events=["Charged"], start_date=start)
    output = tap_launcher.run("--config", write_json(config))
    assert output.status == 0, output.log
    assert output.events


# Settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"passcode": ""},
        {"account_id": "a b"},
        {"region": "mars"},
        {"page_size": 5},
        {"timezone": "IST"},
        {"start_date": "yesterday"},
        {"events_file": "missing.csv"},
        {"known_users_file": "missing.txt"},
        {"bad_rows": "skip", "bad_rows_path": "missing/rows.jsonl"},
        {"bad_rows": "skip", "bad_rows_path": "/"},
        {"receipt_path": " "},
        {"batch_config": files_in("file:///dev/null/files")},
        {"batch_config": files_in("file:///proc/files")},
        {"batch_config": files_in("file:///tmp", prefix="missing/")},
        {"batch_config": files_in("nothing://tmp")},
        {"batch_config": files_in("s3://bucket/files")},
        {"batch_config": files_in(" ")},
        {"api_url": "http://api.clevertap.com"},
        {"stream_maps": {"events": {"amount": "1 +"}}},
        {"flattening_enabled": True, "flattening_max_depth": 2},
        {"events": ["Charged", "No Such Event"]},
        {"profile_events": ["charged"]},
    ],
    ids=str,
)
def test_a_wrong_setting_is_reported_in_the_words_of_a_run(emulator, check, tap_launcher, wrong):
    config = settings(emulator, **wrong)
    (finding,) = [each for each in check(config).findings.values() if not each["ok"]]
    is_asked = bool({"events", "profile_events"} & wrong.keys())
    assert finding["check"] == ("events" if is_asked else "settings")
    output = tap_launcher.run("--config", write_json(config))
    assert output.status == 1
    assert f"{finding['message']}; {finding['advice']}" in output.log


def test_a_file_of_settings_that_is_none_is_reported(tap_launcher, tmp_path):
    tap_launcher.start("check", "--config", str(tmp_path / "missing.json"))
    assert tap_launcher.ended()[0] == 1
    (line,) = tap_launcher.lines()
    assert line.startswith("failed settings: --config: ")


# Credentials


@pytest.fixture(scope="module", params=["documented", "captured"])
def silent(request, start_emulator_for_module):
    """A project whose API gives wrong credentials no error, and no data."""
    return start_emulator_for_module(
        contract=request.param, unknown_credentials="silent", timezone=HERE, **SIZE
    )


each_wrong = pytest.mark.parametrize(
    ("wrong", "code", "words"),
    [
        ({"passcode": "wrong-secret"}, "wrong_passcode", ["passcode", "region"]),
        ({"account_id": "WRONG-SECRET"}, "wrong_account_id", ["account_id", "region"]),
    ],
)


@each_wrong
def test_wrong_credentials_are_told_apart(each_contract, check, wrong, code, words):
    found = check(settings(each_contract, **wrong))
    assert found.codes == {"credentials": code}
    assert all(word in found.text("credentials") for word in [*words, "401"])
    assert "no error" not in found.text("credentials")
    assert "secret" not in (found.log + str(found.findings)).lower()


@each_wrong
def test_wrong_credentials_are_told_apart_without_an_error(silent, check, wrong, code, words):
    silent.reset()
    found = check(settings(silent, **wrong))
    assert found.codes == {"credentials": code}
    assert all(word in found.text("credentials") for word in [*words, "no error"])
    assert "secret" not in (found.log + str(found.findings)).lower()


def test_right_credentials_pass_where_wrong_ones_have_no_error(silent, check):
    assert check(settings(silent)).codes == {}


@pytest.mark.parametrize("behavior", ["401", "silent"])
def test_an_account_of_another_region_does_not_pass(start_emulator, check, behavior):
    emulator = start_emulator(wrong_region=True, unknown_credentials=behavior, **SIZE)
    found = check(settings(emulator))
    assert found.codes == {"credentials": "wrong_passcode"}
    assert "another region" in found.text("credentials")


NO_EVENTS = fault({"kind": "schema"}, status=200, body={"status": "success", "events": []})


def test_no_events_is_another_finding_than_wrong_credentials(emulator, check):
    emulator.faults([NO_EVENTS])
    found = check(settings(emulator))
    assert found.codes == {"events": "no_events"}
    assert emulator.uploads()["events"] == []


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ({"status": 200, "body": {"status": "fail", "code": 2}}, {"api": "refused"}),
        ({"status": 200, "body": {"status": "success"}}, {"events": "no_events"}),
        ({"status": 200, "body": {"status": "success", "events": 7}}, {"api": "not_clevertap"}),
        ({"status": 403}, {"api": "refused"}),
        ({"status": 503}, {"api": "failing"}),
        ({"status": 429}, {"in_flight": "shared"}),
        ({"html": True}, {"api": "not_clevertap"}),
    ],
    ids=str,
)
def test_a_schema_that_is_none_is_reported(emulator, check, action, expected):
    emulator.faults([fault({"kind": "schema"}, **action)])
    assert check(settings(emulator)).codes == expected


def test_no_data_is_reported_where_nothing_tells_why(emulator, check):
    emulator.faults([NO_EVENTS, fault({"kind": "upload"}, status=404)])
    found = check(settings(emulator))
    assert found.codes == {"credentials": "no_data"}
    assert all(word in found.text("credentials") for word in ("account_id", "passcode", "region"))


def test_exports_without_data_are_not_taken_for_a_quiet_project(silent, check):
    names = {"status": "success", "events": [{"name": "App Launched"}]}
    silent.reset()
    silent.faults([fault({"kind": "schema"}, status=200, body=names)])
    found = check(settings(silent, passcode="wrong"))
    assert found.codes == {"credentials": "wrong_passcode"}
    found = check(settings(silent))
    assert found.codes == {}


# Events and exports


def test_without_getschema_the_exports_show_what_a_run_can_read(start_emulator, check):
    emulator = start_emulator(getschema=False, timezone=HERE, **SIZE)
    found = check(settings(emulator, events=["Charged"]))
    assert found.codes == {}
    assert found.findings["events"]["code"] == "no_schema"
    assert set(found.findings) == set(PASSED)
    found = check(settings(emulator, events=["No Such Event"]))
    assert found.codes == {"events": "unknown_events"}
    found = check(settings(emulator))
    assert found.codes == {"api": "not_clevertap"}


def test_an_export_that_takes_long_is_not_a_fault(emulator, check):
    emulator.faults([fault({"kind": "page"}, status=200, body={"status": "fail", "code": 2})])
    found = check(settings(emulator), speed=20)
    assert found.codes == {}
    assert found.findings["export"]["code"] == "slow"
    assert found.findings["timezone"]["code"] == "unknown"


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ({"status": 403}, "refused"),
        ({"status": 302, "headers": {"Location": "/"}}, "refused"),
        ({"status": 200, "body": {"status": "success"}}, "refused"),
        ({"status": 503}, "failing"),
        ({"html": True}, "not_clevertap"),
        ({"empty": True}, "not_clevertap"),
    ],
    ids=str,
)
def test_exports_that_do_not_work_are_reported(emulator, check, action, code):
    emulator.faults([fault({"kind": "open"}, **action)])
    assert check(settings(emulator)).codes == {"export": code}


def test_events_that_may_not_be_exported_are_passed_over(start_emulator, check):
    emulator = start_emulator(unexportable=["App Launched", "Charged"], timezone=HERE, **SIZE)
    assert check(settings(emulator)).codes == {}


# Time zone


@pytest.mark.parametrize("hours", [1, 5, 8])
def test_events_of_the_future_show_a_wrong_zone(start_emulator, check, hours):
    here, there = zones(hours)
    found = check(settings(start_emulator(timezone=there, **SIZE), timezone=here))
    assert found.codes == {"timezone": "ahead"}
    assert "looks wrong" in found.text("timezone")
    assert "set timezone" in found.text("timezone")


@pytest.mark.parametrize("hours", [2, 5, 9])
def test_events_that_are_always_hours_old_show_a_wrong_zone(start_emulator, check, hours):
    here, there = zones(-hours)
    found = check(settings(start_emulator(timezone=there, **SIZE), timezone=here))
    assert found.codes == {"timezone": "behind"}
    assert "looks wrong" in found.text("timezone")


@pytest.mark.parametrize("hours", [0, -5])
def test_a_quiet_project_never_fails_for_its_zone(start_emulator, check, hours):
    here, there = zones(hours)
    quiet = {**SIZE, "events_per_day": 60}
    found = check(settings(start_emulator(timezone=there, **quiet), timezone=here))
    assert found.codes == {}
    assert found.findings["timezone"]["ok"]


def test_a_zone_that_is_unset_and_cannot_be_checked_is_mentioned(start_emulator, check):
    emulator = start_emulator(timezone="UTC", **{**SIZE, "events_per_day": 1, "users": 5})
    config = settings(emulator)
    del config["timezone"]
    found = check(config)
    assert found.codes == {}
    assert found.findings["timezone"]["code"] == "unknown"
    assert "set timezone" in found.text("timezone")


def test_a_day_that_has_not_begun_in_the_project_shows_a_wrong_zone(start_emulator, check):
    here, there = zones(-9, hours=range(1, 8))
    found = check(settings(start_emulator(timezone=there, **SIZE), timezone=here))
    assert found.codes == {"timezone": "day_refused"}


def test_a_zone_is_judged_by_an_event_that_is_small_enough_to_read(start_emulator, check):
    here, there = zones(-5)
    emulator = start_emulator(timezone=there, days=2, **{**SIZE, "events_per_day": 40_000})
    found = check(settings(emulator, timezone=here, events=["App Launched"]))
    assert found.codes == {"timezone": "behind"}
    assert "`App Launched`, `" in found.text("export")
    assert len(emulator.requests()["requests"]) <= 25


# The limit of requests in flight


def test_a_limit_that_others_use_up_is_reported(emulator, check):
    emulator.faults([fault({"kind": "open", "times": 1}, status=429)])
    found = check(settings(emulator))
    assert found.codes == {"in_flight": "shared"}
    assert list(found.findings) == PASSED


def test_another_tool_that_reads_all_the_time_is_reported(emulator, check):
    emulator.faults([fault({"kind": "profile"}, delay=6)])
    with ThreadPoolExecutor(3) as others:
        for _ in range(3):
            others.submit(emulator.api, "GET", "/1/profile.json?identity=anna")
        until = time.monotonic() + 5
        while emulator.requests()["max_in_flight"]["reads"] < 3 and time.monotonic() < until:
            time.sleep(0.05)
        found = check(settings(emulator))
    assert found.codes == {"in_flight": "shared"}
    assert "one in flight" in found.text("in_flight")


def test_a_limit_that_leaves_nothing_ends_the_check(emulator, check):
    emulator.faults([fault({"kind": "open"}, status=429)])
    found = check(settings(emulator))
    assert found.codes == {"in_flight": "shared"}
    assert "export" not in found.findings


# Counts


PARTIAL = {"status": "partial", "req_id": 384649162721759}


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ({"status": 403}, "refused"),
        ({"status": 200, "body": {"status": "fail", "error": "no", "code": 400}}, "refused"),
        ({"status": 503}, "refused"),
        ({"empty": True}, "refused"),
        ({"status": 200, "body": PARTIAL}, "late"),
        ({"status": 200, "body": {"status": "success", "count": 0}}, "zero"),
        ({"status": 200, "body": {"status": "success", "count": -1}}, "unreadable"),
        ({"status": 200, "body": {"status": "success", "count": "7"}}, "unreadable"),
        ({"status": 200, "body": {"status": "success"}}, "unreadable"),
    ],
    ids=str,
)
def test_counts_that_do_not_work_are_reported(emulator, check, action, code):
    emulator.faults([fault({"kind": kind}, **action) for kind in ("count", "poll")])
    found = check(settings(emulator))
    assert found.codes == {"counts": code}
    assert "a run reads all the same" in found.text("counts")


# Time


def test_the_whole_check_has_a_limit(emulator, check):
    emulator.faults([fault({}, delay=2.0)])
    found = check(settings(emulator, request_timeout=600), speed=28)
    assert found.codes == {"time": "over"}
