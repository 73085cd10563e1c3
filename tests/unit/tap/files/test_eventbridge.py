"""EventBridge messages: the same rows however they follow each other, and webhook details."""

import json
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_clevertap.files.content import open_content
from tap_clevertap.files.errors import UnreadFileError
from tap_clevertap.files.plan import groups_to_read
from tap_clevertap.files.reading import GroupReader, ReadingOptions
from tap_clevertap.files.stores.opening import open_store
from tap_clevertap.records.lines import Lines
from tests.support.files.reading import ZONE, KeptRows, events_in

EVENT = {
    "ts": 20260831120000,
    "eventName": "Charged",
    "profile": {"objectId": "a", "name": "}{ \\ud83d é"},
    "deviceInfo": {"make": "X"},
    "eventProps": {"n": 9007199254740993, 'quoted "}{" \\': [1.5, None]},
}
ENVELOPE = {
    "version": "0",
    "id": "5b1c",
    "detail-type": "event",
    "source": "aws.partner/clevertap.com/A",
    "time": "2026-08-31T06:30:00Z",
    "region": "ap-south-1",
    "resources": [],
}
WEBHOOK = {
    "targetId": 1659684581,
    "key_values": {"k": "v", "shared": 1},
    "profiles": [
        {
            "key_values": {"own": 2},
            "email": "a@b.c",
            "identity": "u1",
            "objectId": "__1",
            "profileData": {"customer type": "gold"},
            "event_properties": {"date": "$D_1664890781"},
            "session_props": {"utm_source": "x"},
        },
        {"Identity": "u2", "ObjectId": "__2", "ProfileData": {"a": 1}, "Push_token": "t"},
    ],
}


def message(detail, **more):
    return json.dumps({**ENVELOPE, **more, "detail": detail}).encode()


@given(
    between=st.lists(st.sampled_from(["", "\n", "\r\n", " ", "\n\n"]), min_size=5, max_size=5),
    block=st.integers(20, 300),
    indent=st.booleans(),
)
def test_what_is_between_messages_makes_no_difference(between, block, indent):
    details = [{**EVENT, "ts": EVENT["ts"] + number} for number in range(5)]
    messages = [
        json.dumps({**ENVELOPE, "detail": each}, indent=1 if indent else None) for each in details
    ]
    content = "".join(text + end for text, end in zip(messages, between, strict=True)).encode()
    lines = b"\n".join(json.dumps(each).encode() for each in details)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tap_clevertap.files.formats.json_stream.BLOCK_BYTES", block)
        found = events_in("eventbridge", content)
    assert found == events_in("json", lines)
    assert [event.number for event in found] == [1, 2, 3, 4, 5]
    assert open_content(BytesIO(content), "auto")[:2] == ("eventbridge", "events")


def test_a_webhook_message_has_an_event_for_each_of_its_users():
    content = message(WEBHOOK, **{"detail-type": "Campaign"}) + message(EVENT)
    first, second, third = events_in("eventbridge", content)
    assert [(each.number, each.name, each.ts) for each in (first, second, third)] == [
        (1, "Campaign", b"20260831120000"),
        (1, "Campaign", b"20260831120000"),
        (2, "Charged", b"20260831120000"),
    ]
    assert first.user == {
        "object_id": "__1",
        "identity": "u1",
        "email": "a@b.c",
        "profile_data": {"customer type": "gold"},
    }
    assert first.props == {
        "targetId": 1659684581,
        "key_values": {"k": "v", "shared": 1, "own": 2},
        "event_properties": {"date": "$D_1664890781"},
    }
    assert first.session == {"utm_source": "x"}
    assert second.user == {
        "object_id": "__2",
        "identity": "u2",
        "profile_data": {"a": 1},
        "app": {"push_token": "t"},
    }
    assert second.props == {"targetId": 1659684581, "key_values": {"k": "v", "shared": 1}}


def test_one_user_may_come_without_a_list_and_with_capitals():
    detail = {"TargetId": 1, "Profiles": {"Identity": "u", "Event_properties": {"a": 1}}}
    (event,) = events_in("eventbridge", message(detail))
    assert (event.user, event.props) == (
        {"identity": "u"},
        {"TargetId": 1, "event_properties": {"a": 1}},
    )


def test_a_detail_may_be_text():
    assert events_in("eventbridge", message(json.dumps(EVENT))) == events_in(
        "eventbridge", message(EVENT)
    )


def test_what_is_not_of_the_event_may_be_absent_or_more():
    bare = json.dumps({"detail": EVENT}).encode()
    replayed = message(EVENT, account="1", **{"replay-name": "again", "ingestion-time": "x"})
    assert events_in("eventbridge", bare) == events_in("eventbridge", replayed)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"42", "is not an object"),
        (b"{}", "`detail`"),
        (message([1]), "`detail`"),
        (message("no JSON"), "is not JSON"),
        (message({"ts": 1}), "has no `eventName`"),
        (message({"profiles": [1]}), "`profiles`"),
        (message({"profiles": {}, "Profiles": {}}), "has more than one `profiles`"),
        (message({"profiles": {"identity": "a", "Identity": "b"}}), "more than one `identity`"),
        (message({"profiles": {}}, time="2026-08-31T06:30:00"), "has no `time`"),
        (b"garbage }{", "is not JSON"),
    ],
)
def test_a_bad_message_is_named_by_its_number(bad, reason):
    content = b"\n".join([message(EVENT), bad, message(EVENT), b""])
    kept = KeptRows()
    assert [each.number for each in events_in("eventbridge", content, bad_rows=kept)] == [1, 3]
    ((number, _, why),) = kept.rows
    assert number == 2
    assert reason in why


def test_a_cut_message_makes_the_file_unread():
    content = message(EVENT) + message(EVENT)[:-7]
    kept = KeptRows()
    with pytest.raises(UnreadFileError, match="is cut: message 2"):
        events_in("eventbridge", content, bad_rows=kept, is_packed=False)
    assert not kept.rows
    assert len(events_in("eventbridge", content, bad_rows=kept)) == 1
    assert [(number, why) for number, _, why in kept.rows] == [(2, "is not JSON")]


def test_equal_details_that_are_delivered_again_have_one_key(tmp_path):
    other = {**EVENT, "ts": EVENT["ts"] + 1}
    again = message(EVENT, id="another", time="2026-09-09T00:00:00Z", **{"replay-name": "r"})
    (tmp_path / "one").write_bytes(message(EVENT) + message(other) + again)
    (tmp_path / "two").write_bytes(again)
    store = open_store(str(tmp_path))
    options = ReadingOptions("A", ZONE, "events", "exported_events", messages=False)
    reader = GroupReader(store, options)
    groups = groups_to_read(store.list(), lambda _: False, numbered=True)
    parts = [part for group in groups for part in reader.read(group)]
    lines = [part.content.splitlines() for part in parts if isinstance(part, Lines)]
    keys = [json.loads(line)["event_key"] for part in lines for line in part]
    assert keys[0] == keys[2] == keys[3] != keys[1]
