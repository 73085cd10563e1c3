"""Users: their optional fields, how they are found, and projects with millions of them."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from tests.support.walking import PROFILES, asking, opened, records, walk

MILLIONS = 5_000_000


def found(emulator, **key):
    return emulator.api("GET", "/1/profile.json", params=key)


def test_some_profiles_have_the_optional_fields(clean):
    people = records(walk(clean, asking(clean, "App Launched"), PROFILES))
    bad = [
        each["profileData"]["badKs"] for each in people if "badKs" in each.get("profileData", {})
    ]
    assert bad
    assert all(keys[0].startswith("FB:") for keys in bad)
    assert 0 < sum("ls" in each["platformInfo"][0] for each in people) < len(people)
    on_top = [each for each in people if "objectId" in each]
    assert {each.get("identity") is None for each in on_top} == {True, False}
    assert all(each["objectId"] == each["platformInfo"][0]["objectId"] for each in on_top)


def test_the_truth_has_the_same_properties(clean):
    people = records(walk(clean, asking(clean, "App Launched"), PROFILES))
    truth = clean.truth(kind="profiles", event_name="App Launched")["profiles"]
    data = {each["object_ids"][0]: each["profile_data"] for each in truth}
    assert {each["platformInfo"][0]["objectId"]: each.get("profileData") for each in people} == data


def test_each_user_is_found_by_each_key(clean):
    for person in clean.truth(kind="profiles", event_name="Charged")["profiles"][:200]:
        ids = person["object_ids"]
        keys = [{"objectId": each} for each in ids]
        keys += [{"identity": each} for each in person["all_identities"] or []]
        keys += [{"email": person["email"]}] if person["email"] else []
        for key in keys:
            record = found(clean, **key).json()["record"]
            assert [each["objectId"] for each in record["platformInfo"]] == ids


@pytest.mark.parametrize(
    "identity", ["nobody", "user-000001x", "1", "9" * 30, "user-999999999", "00", "-1"]
)
def test_nobody_is_found_by_another_key(clean, identity):
    assert found(clean, identity=identity).status_code == 404


def test_an_uploaded_user_is_found_until_the_reset(clean):
    profile = {"type": "profile", "identity": "user 5", "profileData": {"Email": "new@example.com"}}
    clean.api("POST", "/1/upload", json={"d": [profile]}).raise_for_status()
    assert found(clean, identity="user 5").json()["record"]["email"] == "new@example.com"
    assert found(clean, email="new@example.com").json()["record"]["identity"] == "user 5"
    clean.reset()
    assert found(clean, identity="user 5").status_code == 404


def test_everybody_installed_the_app_once(start_emulator):
    emulator = start_emulator(users=30_000, days=5, installs=True, preparing=0, events_per_day=10)
    people = records(walk(emulator, asking(emulator, "App Installed"), PROFILES))
    ids = {each["platformInfo"][0]["objectId"] for each in people}
    assert len(ids) == len(people) == 30_000
    named = [each["identity"] for each in people if "identity" in each]
    assert len(set(named)) == len(named)
    events = records(walk(emulator, asking(emulator, "App Installed"), profile="false"))
    assert len(events) == 30_000
    assert {each["profile"]["objectId"] for each in events} == ids
    question = asking(emulator, "App Installed")
    count = emulator.api("POST", "/1/counts/events.json", json=question).json()["count"]
    assert count == 30_000
    assert "App Installed" in [
        each["name"] for each in emulator.api("GET", "/getSchema").json()["events"]
    ]


def most_memory(emulator):
    """Return the most memory that a process had, in megabytes."""
    status = Path(f"/proc/{emulator.process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1000


def pages_of(emulator, cursor):
    while cursor:
        page = emulator.api("GET", f"{PROFILES}?cursor={cursor}").json()
        yield page
        cursor = page.get("next_cursor")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads memory from /proc")
def test_millions_of_users_are_sent_without_being_held(start_emulator):
    emulator = start_emulator(users=MILLIONS, installs=True, preparing=0, cached_megabytes=8)
    assert most_memory(emulator) < 100
    cursor = opened(emulator, asking(emulator, "App Installed"), PROFILES, batch_size=5000)
    read = records(islice(pages_of(emulator, cursor), 8))
    assert len(read) > 20_000
    assert most_memory(emulator) < 350
    last = found(emulator, objectId=read[-1]["platformInfo"][-1]["objectId"]).json()["record"]
    assert last["platformInfo"] == read[-1]["platformInfo"]
    late = next(n for n in range(MILLIONS - 1, 0, -1) if found_email(emulator, n))
    assert late > MILLIONS - 100


def found_email(emulator, number):
    return found(emulator, email=f"user{number}@example.com").status_code == 200
