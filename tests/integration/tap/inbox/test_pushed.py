"""From push over the receiver to the stream: the records are what was pushed, each once."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
from decimal import Decimal
from urllib.parse import unquote_to_bytes

import pytest

from tests.support.files.tap_runs import catalog
from tests.support.inboxes import STREAM, message_of, put_messages, read_inbox
from tests.support.plugin_process import BIN, tap_command
from tests.support.receiver import ReceiverProcess
from tests.support.run_output import clean_environment

SECONDS = 90
MOST_RUNS = 60
DOCUMENTED = ("list", "object", "test")


@pytest.fixture
def receiver(tmp_path):
    found = ReceiverProcess(tmp_path)
    yield found
    found.stop()


def push_command(receiver, truth, *flags, kind="webhook"):
    command = [str(BIN / "clevertap-emulator"), "push", "--truth", str(truth), "--kind", kind]
    command += ["--to", f"{receiver.url}/{kind}", "--today", "2026-08-31", "--retry-seconds", "0.1"]
    return [*command, "--users", "50", "--days", "2", *flags]


def push(receiver, tmp_path, *flags, kind="webhook"):
    """Push messages, and return the truth about them."""
    command = push_command(receiver, tmp_path / "truth", "--rate", "0", *flags, kind=kind)
    done = subprocess.run(command, capture_output=True, check=False, timeout=SECONDS)
    assert done.returncode == 0, done.stderr
    truth = truth_in(tmp_path)
    assert all(line["answered_200"] for line in truth)
    return truth


def truth_in(tmp_path):
    return [json.loads(line) for line in (tmp_path / "truth").read_bytes().splitlines()]


def body_of(line):
    if "body" in line:
        return line["body"].encode()
    return base64.b64decode(line["body_base64"])


def member(members, *names):
    """Return the member with one of these names, whatever their case."""
    found = [value for name, value in members.items() if name.lower() in names]
    return found[0] if found else None


def user_of(profile):
    """Return the fields of a record of a profile."""
    key_values = member(profile, "key_values") or {}
    return {
        "identity": member(profile, "identity"),
        "object_id": member(profile, "objectid"),
        "event_props": member(profile, "event_properties"),
        "profile": profile,
    }, key_values


def has_a_name_twice(line):
    """Return whether an object in a body has one, as odd values of the history have."""
    found = []

    def note(members):
        found.append(len(dict(members)) < len(members))
        return dict(members)

    json.loads(body_of(line), object_pairs_hook=note)
    return any(found)


def expected(line):
    """Return the records of a documented message, without key and time."""
    message = json.loads(body_of(line), parse_float=Decimal)
    profiles = message["profiles"]
    raw = body_of(line).decode() if has_a_name_twice(line) else None
    for place, profile in enumerate(profiles if isinstance(profiles, list) else [profiles]):
        fields, own = user_of(profile)
        yield {
            **fields,
            "source": "webhook",
            "is_test": line["content"] == "test",
            "target_id": message["targetId"],
            "key_values": message["key_values"] | own,
            "raw": None if place else raw,
        }


def bytes_of(raw):
    """Return the body that is in `raw`, as the document says."""
    return (
        unquote_to_bytes(raw.removeprefix("data:,")) if raw.startswith("data:,") else raw.encode()
    )


def sorted_records(records):
    """Return records without key and time, in an order that does not depend on that of arrival."""
    others = {"message_key", "received_at"}
    left = [{name: each[name] for name in each.keys() - others} for each in records]
    return sorted(left, key=lambda each: json.dumps(each, sort_keys=True, default=str))


@pytest.mark.parametrize("spelling", ["camel", "capitalised", "lower"])
@pytest.mark.parametrize("content", DOCUMENTED)
def test_documented_messages_have_the_records_that_were_pushed(
    receiver, tap_launcher, tmp_path, content, spelling
):
    flags = ("--messages", "30", "--content", content, "--spelling", spelling)
    truth = push(receiver, tmp_path, *flags)
    output = read_inbox(tap_launcher, receiver.inbox)
    wanted = [record for line in truth for record in expected(line)]
    assert sorted_records(output.records[STREAM]) == sorted_records(wanted)
    assert len(wanted) == sum(line["profiles"] for line in truth)
    again = read_inbox(tap_launcher, receiver.inbox)
    assert again.records == output.records
    assert again.state == output.state


def test_other_messages_have_their_body_in_raw_and_repeated_ones_come_once(
    receiver, tap_launcher, tmp_path
):
    flags = ("--messages", "150", "--odd-values", "on", "--lose-one-in", "3")
    truth = push(receiver, tmp_path, *flags)
    assert max(len(line["attempts"]) for line in truth) == 2
    output = read_inbox(tap_launcher, receiver.inbox)
    records = output.records[STREAM]
    assert output.status == 0, output.log
    assert len(records) == sum(max(1, line["profiles"]) for line in truth)
    assert len({each["message_key"] for each in records}) == len(records)
    raws = {bytes_of(each["raw"]) for each in records if each["raw"] is not None}
    wanted = []
    for line in truth:
        body = body_of(line).removeprefix(b"\xef\xbb\xbf")
        if line["content"] in DOCUMENTED:
            wanted += expected(line)
        elif b'"TargetID"' in body:  # all that it says is in the fields
            (profile,) = json.loads(body)["Profiles"]
            assert [each["raw"] for each in records if each["profile"] == profile] == [None]
        else:
            assert body in raws
    found = sorted_records(records)
    assert [each for each in found if each in wanted] == sorted_records(wanted)


def users_of(detail, content):
    """Return the fields of the users of a message of EventBridge."""
    if content == "event":
        user = detail["profile"]
        return [{**user_of(user)[0], "event_props": detail.get("eventProps")}]
    if content not in DOCUMENTED:
        return [dict.fromkeys(("identity", "object_id", "event_props", "profile"))]
    profiles = member(detail, "profiles")
    return [user_of(each)[0] for each in (profiles if isinstance(profiles, list) else [profiles])]


def test_messages_of_eventbridge_have_their_users_and_envelopes(receiver, tap_launcher, tmp_path):
    truth = push(receiver, tmp_path, "--messages", "60", "--lose-one-in", "4", kind="eventbridge")
    records = read_inbox(tap_launcher, receiver.inbox).records[STREAM]
    assert {each["source"] for each in records} == {"eventbridge"}
    assert {line["content"] for line in truth} == {"event", "list", "object", "custom"}
    wanted = []
    for line in truth:
        raw = body_of(line).decode()
        detail = json.loads(raw, parse_float=Decimal)["detail"]
        users = users_of(detail, line["content"])
        wanted += [{**each, "raw": None if place else raw} for place, each in enumerate(users)]
    names = wanted[0].keys()
    found = [{name: each[name] for name in names} for each in records]
    assert sorted_records(found) == sorted_records(wanted)


def test_runs_while_the_receiver_writes_read_each_message_once(receiver, tap_launcher, tmp_path):
    flags = ("--rate", "400", "--messages", "800", "--content", "list", "--lose-one-in", "9")
    pushing = subprocess.Popen(
        push_command(receiver, tmp_path / "truth", *flags),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    found, state, runs = [], None, 0
    for runs in range(MOST_RUNS):  # noqa: B007 - how many there were
        is_last = pushing.poll() is not None
        output = read_inbox(tap_launcher, receiver.inbox, state=state, inbox_days=1)
        assert output.status == 0, output.log
        found += output.records.get(STREAM, [])
        state = output.state
        if is_last:
            break
    assert pushing.wait(SECONDS) == 0
    assert runs > 1
    wanted = [record for line in truth_in(tmp_path) for record in expected(line)]
    assert len({each["message_key"] for each in found}) == len(found)
    assert sorted_records(found) == sorted_records(wanted)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_signal_loses_nothing_and_a_kill_doubles_nothing(tmp_path, number):
    inbox, names = tmp_path / "inbox.sqlite", [*map(str, range(20))]
    put_messages(inbox, *(message_of(*names, n=n, pad="x" * 500) for n in range(6000)))
    keys, state = [], None
    for each in (number, number, None):
        lines = ended_by(inbox, each, state)
        states = [at for at, line in enumerate(lines) if line.startswith('{"type":"STATE"')]
        if states:  # what comes after the last state is written again
            state = json.loads(lines[states[-1]])["value"]
            messages = map(json.loads, lines[: states[-1]])
            keys += [it["record"]["message_key"] for it in messages if it["type"] == "RECORD"]
    assert len(set(keys)) == 6000 * 20
    doubles = len(keys) - len(set(keys))
    assert doubles <= (0 if number is signal.SIGKILL else 2 * 300 * 20)


def ended_by(inbox, number, state):
    """Return the whole lines of a run that a signal ends once it has written some."""
    command = tap_command(
        {"inbox_path": str(inbox)}, arguments=("--catalog", catalog(STREAM)), state=state
    )
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=clean_environment()
    )
    content = b""
    while number is not None and len(content) < 4_000_000:
        some = process.stdout.read1(1 << 20)
        if not some:
            break
        content += some
    if number is not None and process.poll() is None:
        os.kill(process.pid, number)
    content += process.stdout.read()
    process.wait(SECONDS)
    process.stdout.close()
    return content.decode().split("\n")[:-1]
