"""Records of pushed messages: nothing that was sent is lost, whatever a body is."""

from __future__ import annotations

import json
from decimal import Decimal
from urllib.parse import unquote_to_bytes

import pytest

from tap_clevertap.inbox.arrivals import EVENTBRIDGE, WEBHOOK, arrival
from tap_clevertap.inbox.messages import read_message
from tap_clevertap.inbox.store import InboxMessage
from tap_clevertap.records.exact_json import encode_json
from tap_clevertap.records.keys import message_key

SPELLINGS = [
    ("email", "identity", "objectId", "profileData", "event_properties", "push_token"),
    ("Email", "Identity", "ObjectId", "ProfileData", "Event_properties", "Push_token"),
    ("e_mail", "IDENTITY", "object_id", "profile_data", "eventProps", "pushtoken"),
]

BODIES = [
    "empty",
    "text",
    "accents",
    "string",
    "number",
    "array",
    "last brace",
    "line break",
    "utf-16",
    "mark",
    "latin-1",
    "nul",
    "marked",
    "half utf-16",
    "nuls",
    "half emoji",
]


def stored(body, source=WEBHOOK, ordinal=0):
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    digest = arrival(source, content).digest
    return InboxMessage(7, 1_700_000_000_123, source, digest, ordinal, content)


def read(body, source=WEBHOOK):
    return read_message(stored(body, source))


def records(body, source=WEBHOOK):
    """Return the records as a target reads them, with decimals as they are written."""
    lines = [encode_json(each) for each in read(body, source).records]
    return [json.loads(line, parse_float=Decimal) for line in lines]


def raws(body, source=WEBHOOK):
    return [each["raw"] for each in records(body, source)]


# Fields


@pytest.mark.parametrize("names", SPELLINGS, ids=["lower", "capitalised", "other"])
@pytest.mark.parametrize("is_list", [True, False], ids=["list", "object"])
def test_all_spellings_have_the_same_fields(names, is_list):
    values = ("a@b.c", "user-1", "__a", {"plan": "gold"}, {"Amount": 5}, "token")
    profile = dict(zip(names, values, strict=True))
    body = {
        "targetId": 1659684581,
        "key_values": {"k": "v"},
        "profiles": [profile] if is_list else profile,
    }
    (record,) = records(body)
    assert record == {
        "message_key": message_key(stored(body).digest, 0, 0),
        "received_at": "2023-11-14T22:13:20.123+00:00",
        "source": "webhook",
        "is_test": False,
        "target_id": 1659684581,
        "key_values": {"k": "v"},
        "identity": "user-1",
        "object_id": "__a",
        "profile": profile,
        "event_props": {"Amount": 5},
        "raw": None,
    }


def test_the_test_message_has_a_record_for_each_profile():
    user = {"Identity": "UserId", "Email": "Email", "push_token": "Token"}
    body = {"is_test": True, "targetId": 1234, "key_values": {"key": "value"}}
    body["profiles"] = [user] * 5
    found = records(body)
    assert len({each["message_key"] for each in found}) == 5
    assert {each["is_test"] for each in found} == {True}
    assert {each["raw"] for each in found} == {None}
    assert read(body).is_test


def test_names_of_a_message_are_read_in_any_spelling():
    body = {"Is_Test": True, "TARGET_ID": 5, "keyValues": {"a": 1}, "Profiles": {"x": 1}}
    (record,) = records(body)
    assert (record["is_test"], record["target_id"], record["key_values"]) == (True, 5, {"a": 1})
    assert record["raw"] is None


def test_key_values_of_a_profile_win_and_hidden_ones_are_in_raw():
    profiles = [{"key_values": {"own": 1}}, {"key_values": {"common": 2}}, {}]
    body = {"key_values": {"common": 1}, "profiles": profiles}
    assert [each["key_values"] for each in records(body)] == [
        {"common": 1, "own": 1},
        {"common": 2},
        {"common": 1},
    ]
    assert raws(body) == [json.dumps(body), None, None]
    profiles[1]["key_values"]["common"] = 1
    assert raws(body) == [None, None, None]
    profiles[1]["key_values"]["common"] = True
    assert raws(body) == [json.dumps(body), None, None]


def test_of_several_members_the_first_with_a_value_counts_and_all_are_in_the_profile():
    profile = {"identity": None, "Identity": "b", "Email": "x", "email": "y", "IDENTITY": "c"}
    (record,) = records({"profiles": [profile]})
    assert (record["identity"], record["profile"], record["raw"]) == ("b", profile, None)


@pytest.mark.parametrize(
    ("member", "field"),
    [
        ({"Target_id": 6}, 5),
        ({"KEY_VALUES": {"z": 1}}, 5),
        ({"PROFILES": [{"identity": "lost"}]}, 5),
        ({"profileS": None}, 5),
        ({"custom": 1}, 5),
    ],
    ids=["id", "key values", "profiles", "no profiles", "custom"],
)
def test_a_member_without_a_field_of_its_own_is_in_raw(member, field):
    body = {"targetId": 5, "key_values": {}, "profiles": [{}], **member}
    (record,) = records(body)
    assert (record["target_id"], record["raw"]) == (field, json.dumps(body))


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ("12", 12),
        ("spring", None),
        (2**63 - 1, 2**63 - 1),
        (2**63, None),
        (True, None),
        ([1], None),
        (Decimal("1e999999"), None),
    ],
    ids=["text", "name", "largest", "too large", "flag", "list", "huge"],
)
def test_an_id_fits_64_bits_and_another_is_in_raw(sent, field):
    body = b'{"targetId":%b,"profiles":[{}]}' % encode_json(sent)
    (record,) = records(body)
    is_as_sent = type(sent) is int and field is not None
    assert (record["target_id"], record["raw"]) == (field, None if is_as_sent else body.decode())


@pytest.mark.parametrize(
    ("sent", "is_test", "has_raw"),
    [
        (True, True, False),
        (False, False, False),
        (None, False, False),
        ("True", True, True),
        ("no", False, True),
        (1, False, True),
    ],
)
def test_whether_a_message_is_a_test(sent, is_test, has_raw):
    (record,) = records({"is_test": sent, "profiles": {"a": 1}})
    assert (record["is_test"], record["raw"] is not None) == (is_test, has_raw)


def test_values_of_other_types_than_expected_are_kept():
    profile = {"identity": 12345678901234567890, "objectId": ["a"], "event_properties": [1]}
    profile["key_values"] = "text"
    body = {"key_values": 5, "profiles": profile}
    (record,) = records(body)
    assert record["identity"] == "12345678901234567890"
    assert record["object_id"] == '["a"]'
    assert record["event_props"] == {"value": [1]}
    assert record["key_values"] == {"value": "text"}
    assert record["profile"] == profile
    assert record["raw"] == json.dumps(body)


def test_properties_under_another_name_count_where_the_first_has_none():
    (record,) = records({"profiles": [{"event_properties": None, "eventProps": {"a": 1}}]})
    assert record["event_props"] == {"a": 1}


@pytest.mark.parametrize("entry", [7, None, "text", [1, [2]], True])
def test_a_profile_that_is_no_object_has_a_record_and_the_message_is_in_raw(entry):
    body = {"profiles": [{"identity": "a"}, entry, {}]}
    found = records(body)
    wrapped = None if entry is None else {"value": entry}
    assert [each["profile"] for each in found] == [{"identity": "a"}, wrapped, {}]
    assert [each["raw"] for each in found] == [json.dumps(body), None, None]


@pytest.mark.parametrize("profiles", [[], None, "text", 5, "absent"])
def test_a_message_without_profiles_is_one_record(profiles):
    body = {"targetId": 1, "key_values": {"k": 1}, "profiles": profiles}
    if profiles == "absent":
        del body["profiles"]
    (record,) = records(body)
    expected = (1, {"k": 1}, None, json.dumps(body))
    fields = ("target_id", "key_values", "profile", "raw")
    assert tuple(record[name] for name in fields) == expected


# Exact values


def test_numbers_have_the_digits_that_were_sent():
    digits = [b"123456789012345678901234567890", b"0.10", b"1.5E+400", b"-0.0", b"1e5", b"0"]
    body = b'{"profiles":[{"n":[%b]}]}' % b",".join(digits)
    (record,) = read(body).records
    line = encode_json(record)
    assert b'{"n":[123456789012345678901234567890,0.10,1.5E+400,-0.0,1E+5,0]}' in line
    assert record["raw"] is None


@pytest.mark.parametrize(
    "value",
    ["1" * 4301, "1e9999999999999999999999", "NaN", "-Infinity", '"\\ud83d"', '{"a":"\\ude00"}'],
    ids=["integer", "exponent", "nan", "infinity", "half character", "other half"],
)
def test_values_that_no_decoder_reads_are_repaired_and_the_body_is_in_raw(value):
    body = '{"profiles":[{"identity":"a","n":%s}]}' % value  # noqa: UP031 - braces
    (record,) = records(body.encode())
    assert (record["identity"], record["raw"]) == ("a", body)


@pytest.mark.parametrize(
    "body",
    [
        '{"profiles":[{"a":1,"a":2}]}',
        '{"profiles":[{"a":{"b":1,"b":1}}]}',
        '{"targetId":1,"targetId":2,"profiles":[{}]}',
        '{"profiles":[{"identity":"lost"}],"profiles":[{}]}',
    ],
)
def test_a_body_with_a_name_twice_is_in_raw(body):
    assert raws(body.encode()) == [body]


def test_text_of_any_script_and_nul_in_values_is_as_sent():
    profile = {"name": "नाम 👩‍👩‍👧", "nul": "a\0b"}
    (record,) = records({"profiles": [profile]})
    assert (record["profile"], record["raw"]) == (profile, None)


# Bodies


@pytest.mark.parametrize(
    ("body", "raw"),
    [
        (b"", ""),
        (b"Hello, {name}", "Hello, {name}"),
        ("Grüße".encode(), "Grüße"),
        (b'"text"', '"text"'),
        (b"12", "12"),
        (b'[{"profiles":[{}]},{"profiles":[{}]}]', '[{"profiles":[{}]},{"profiles":[{}]}]'),
        (b'{"profiles":{"identity":"a"}', '{"profiles":{"identity":"a"}'),
        (b'{"profiles":[{"a":"x\ny"}]}', '{"profiles":[{"a":"x\ny"}]}'),
        ("Grüße".encode("utf-16"), "Grüße"),
        (b"\xef\xbb\xbftext", "text"),
        (b"caf\xe9 100%", "data:,caf%E9 100%25"),
        (b"a\0b", "data:,a%00b"),
        (b"data:,x%", "data:,data:,x%25"),
        (b"\xff\xfe\x00\xd8", "data:,%FF%FE%00%D8"),
        (b"a\0b\0", "data:,a%00b%00"),
        ("नाम ".encode() + b"\xf0\x9f", "data:,नाम %F0%9F"),
    ],
    ids=BODIES,
)
def test_a_body_that_is_no_object_is_one_record_with_raw_alone(body, raw):
    (record,) = records(body)
    given = {name for name, value in record.items() if value is not None}
    assert given == {"message_key", "received_at", "source", "is_test", "raw"}
    assert record["raw"] == raw
    assert not read(body).is_parsed
    if raw.startswith("data:,"):
        assert unquote_to_bytes(raw.removeprefix("data:,")) == body


@pytest.mark.parametrize(
    "encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"]
)
def test_json_in_other_encodings_is_read(encoding):
    body = '{"profiles":[{"name":"Grüße"}],"custom":1}'
    (record,) = records(body.encode(encoding))
    assert (record["profile"], record["raw"]) == ({"name": "Grüße"}, body)


def test_json_with_broken_text_is_repaired_and_its_bytes_are_in_raw():
    body = b'{"profiles":[{"identity":"a","name":"caf\xe9 5%"},{"identity":"b"}]}'
    found = records(body)
    assert [each["identity"] for each in found] == ["a", "b"]
    assert found[0]["profile"]["name"] == "caf\ufffd 5%"
    assert unquote_to_bytes(found[0]["raw"].removeprefix("data:,")) == body
    assert found[1]["raw"] is None


@pytest.mark.parametrize("levels", [99, 150, 900, 100_000, 2_000_000])
def test_deep_nesting_becomes_raw(levels):
    body = b'{"profiles":[{"a":%b%b}]}' % (b"[" * levels, b"]" * levels)
    (record,) = read(body).records
    is_read = levels < 100 - 2
    assert (record["profile"] is not None) == is_read
    assert record["raw"] == (None if is_read else body.decode())
    encode_json(record)


def test_many_brackets_that_are_not_deep_are_read():
    body = {"profiles": [{"a": [[1]] * 50, "b": "{[" * 200}]}
    assert raws(body) == [None]


def test_a_list_of_any_depth_alone_is_raw():
    assert not read(b"[" * 3_000_000).is_parsed


def test_many_profiles_have_the_body_once():
    body = {"custom": 1, "profiles": [{"identity": str(number)} for number in range(1000)]}
    found = records(body)
    assert [each["identity"] for each in found] == [str(number) for number in range(1000)]
    assert [index for index, each in enumerate(found) if each["raw"]] == [0]
    assert len({each["message_key"] for each in found}) == 1000


# EventBridge


def envelope(detail, **members):
    return {"version": "0", "id": "id-1", "detail-type": "Charged", "detail": detail, **members}


@pytest.mark.parametrize("is_text", [False, True], ids=["object", "text"])
def test_an_event_of_eventbridge_has_its_user_and_its_envelope(is_text):
    detail = {
        "ts": 20261118120000,
        "eventName": "Charged",
        "profile": {"identity": "a", "objectId": "__a", "name": "A"},
        "eventProps": {"Amount": 5},
        "sessionProps": {},
    }
    body = envelope(json.dumps(detail) if is_text else detail)
    (record,) = records(body, EVENTBRIDGE)
    fields = ("source", "identity", "object_id", "profile", "event_props", "raw")
    assert [record[name] for name in fields] == [
        "eventbridge", "a", "__a", detail["profile"], {"Amount": 5}, json.dumps(body)
    ]  # fmt: skip
    assert (record["target_id"], record["key_values"], record["is_test"]) == (None, None, False)


def test_ids_next_to_the_profile_of_an_event_are_read():
    body = envelope({"profile": {"identity": None}, "objectId": "__a", "identity": "b"})
    (record,) = records(body, EVENTBRIDGE)
    assert (record["identity"], record["object_id"]) == ("b", "__a")


def test_profiles_in_a_detail_have_records_and_the_envelope_once():
    detail = {"targetId": 5, "key_values": {"k": 1}, "profiles": [{"Identity": "a"}, {}]}
    body = envelope(detail, account="1", time="2026-11-18T10:00:00Z")
    found = records(body, EVENTBRIDGE)
    assert [each["identity"] for each in found] == ["a", None]
    assert [each["target_id"] for each in found] == [5, 5]
    assert [each["raw"] for each in found] == [json.dumps(body), None]


@pytest.mark.parametrize(
    "body", [b"text", b"[1]", b'{"id":"1","detail":5}', b'{"detail":null}', b'{"detail":"text"}']
)
def test_an_envelope_without_a_detail_is_raw_alone(body):
    (record,) = records(body, EVENTBRIDGE)
    assert (record["profile"], record["raw"]) == (None, body.decode())
    assert not read(body, EVENTBRIDGE).is_parsed


def test_a_detail_that_a_rule_sends_without_its_envelope_is_read():
    (record,) = records({"profile": {"identity": "a"}, "eventProps": {"b": 1}}, EVENTBRIDGE)
    assert (record["identity"], record["event_props"]) == ("a", {"b": 1})


# Keys: they are frozen


def test_keys_of_the_first_release_stay():
    body = b'{"profiles":[{"identity":"a"},{"identity":"b"}]}'
    keys = [each["message_key"] for each in read_message(stored(body)).records]
    assert keys == ["0b7e9c6f41374cc9f27de5132dc5f06d", "505bd789a206e6e02210168572812bdd"]
    (later, _) = read_message(stored(body, ordinal=3)).records
    assert later["message_key"] == "7db327af088b1804e4cb0eceb7aacac8"
    one, other = (
        envelope({"profile": {"identity": name}}, account=name, source=name) for name in "ab"
    )
    (first,), (second,) = (read_message(stored(each, EVENTBRIDGE)).records for each in (one, other))
    assert first["message_key"] == second["message_key"] == "6485f677996d3d6dc64a92d677aa63a5"
