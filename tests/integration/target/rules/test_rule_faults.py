"""At a SCHEMA message, all faults of its rule are reported at once, with advice."""

from __future__ import annotations

import pytest

from target_clevertap.config.rules import read_rules
from target_clevertap.errors import SettingError
from target_clevertap.rules.similar_names import similar_name, similar_or_listed
from target_clevertap.singer.columns import read_columns
from target_clevertap.singer.stream_mapping import build_mapping
from tests.support.target_process import ORDER_COLUMNS, ORDERS_RULE, lines, record, schema, state

PEOPLE = {"type": "profile", "identity": "user_id"}


def last_error(finished):
    (error,) = [line for line in finished.log.splitlines() if "| ERROR " in line]
    return error


def test_all_faults_of_a_rule_are_said_at_once(target):
    rule = {
        "type": "event",
        "event": "App Launched",
        "identity": "mail",
        "time": "created",
        "properties": {"Total.": "total", "Gone": "nowhere", "STATUS": "id"},
    }
    columns = {**ORDER_COLUMNS, "price.net": {}, "status": {}}
    finished = target.run([schema("orders", columns, keys=[])], streams={"orders": rule})
    error = last_error(finished)
    assert "streams.orders: 8 faults" in error
    for words in (
        "identity: the stream has no column `mail`; did you mean `email`?",
        "time: the stream has no column `created`; did you mean `created_at`?",
        "properties.Gone: the stream has no column `nowhere`; there are `id`, `email`",
        "event: only CleverTap may raise `App Launched`",
        "properties: `Total.` cannot be the name of a property: CleverTap forbids .",
        "column `price.net` cannot be the name of a property",
        "`id` (sent as `STATUS`) and `status` are one name",
        "ledger_key: the stream has no primary key",
    ):
        assert words in error, words
    assert target.requests() == []


def test_all_faults_of_a_rule_that_no_stream_could_have_are_said_at_once(target):
    rule = {**ORDERS_RULE, "tiem": "x", "event_field": "y", "operations": {"a": "$incr"}}
    rule["properties"] = {"Lsn": "_SDC_LSN"}
    finished = target.run([schema("orders", ORDER_COLUMNS)], streams={"orders": rule})
    for words in ("`tiem`", "did you mean `time`", "`event_field`", "`operations`", "`_SDC_LSN`"):
        assert words in last_error(finished), words


def test_a_long_list_of_faults_is_cut_and_counted():
    columns = {"id": {}, **{f"a.{number}": {} for number in range(50)}}
    rules, _ = read_rules({"orders": {"type": "event", "event": "X", "identity": "id"}})
    with pytest.raises(SettingError) as error:
        build_mapping(
            "orders",
            rules["orders"],
            read_columns({"properties": columns}),
            [],
        )
    assert "50 faults" in error.value.message
    assert error.value.message.endswith("and 38 more")


@pytest.mark.parametrize(
    ("name", "there", "words"),
    [
        ("id", ["\ufeffid", "x"], ["`\\ufeffid`", "with U+FEFF"]),
        ("\ufeffid", ["id"], ["`id`", "without U+FEFF"]),
        ("name", [" name"], ["` name`", "a space at its start"]),
        ("name", ["name "], ["`name `", "a space at its end"]),
        ("name ", ["name"], ["`name`", "without a space at its end"]),
        ("a b", ["a  b"], ["`a  b`", "other spaces"]),
        ("na\u00a0me", ["na me"], ["`na me`", "U+00A0"]),
        ("na\u200bme", ["name"], ["`name`", "without U+200B"]),
        ("caf\u00e9", ["cafe\u0301"], ["with U+0301", "without U+00E9"]),
        ("name", ["n\u0430me"], ["with U+0430 CYRILLIC SMALL LETTER A"]),
        ("CREATED_AT", ["id", "created_at"], ["`created_at`"]),
        ("mail", ["id", "E-MAIL"], ["`E-MAIL`"]),
    ],
    ids=ascii,
)
def test_a_suggestion_says_what_the_eye_does_not_see(name, there, words):
    found = similar_name(name, there)
    assert found is not None
    assert all(word in found for word in words), found
    assert found.isprintable()


def test_a_suggestion_that_differs_in_sight_says_no_more():
    assert similar_name("mail", ["email", "id"]) == "`email`"
    assert similar_name("xyz", ["email", "id"]) is None
    assert similar_or_listed("xyz", ["email", "a\nb"]) == "there are `email`, `a\\nb`"
    assert similar_or_listed("xyz", [f"c{number}" for number in range(20)]).endswith("and 8 more")


def test_names_are_shown_with_all_their_characters(target):
    columns = {"\ufeffid": {}, " name": {}, "plan ": {}}
    rule = {"type": "profile", "identity": "id", "properties": {"Name": "name"}}
    finished = target.run([schema("pe\x1bople", columns, [])], streams={"pe\x1bople": rule})
    assert "`\\ufeffid` (with U+FEFF" in finished.log
    assert "` name` (with a space at its start)" in finished.log
    assert "streams.pe\\x1bople" in finished.log
    assert "\x1b" not in finished.log
    rule = {"type": "profile", "identity": "\ufeffid"}
    finished = target.run([schema("people", columns, [])], streams={"people": rule})
    assert finished.status == 0, finished.log
    assert "the names ` name`, `plan ` have" in finished.log


def test_a_profile_stream_does_without_a_key_that_its_tap_does_not_send(target):
    for columns in ({"user_id": {}}, {"user_id": {}, "id": {}}):
        for maps in ({}, {"people": {"__filter__": "True"}}):
            shape = schema("people", columns, ["id"], ["at"])
            shape["schema"]["additionalProperties"] = not maps
            messages = [shape, record("people", user_id="u-1"), state("end")]
            finished = target.run(messages, streams={"people": PEOPLE}, stream_maps=maps)
            assert (finished.status, finished.states) == (0, ["end"]), finished.log


def test_a_profile_with_an_amount_in_its_value_is_known_without_the_key_too(target):
    rows = [record("people", user_id="u-1", points={"$incr": 5})]
    for _ in range(2):
        messages = [schema("people", {"user_id": {}, "points": {}}, ["id"], ["at"]), *rows]
        finished = target.run(messages, streams={"people": PEOPLE})
        assert finished.status == 0, finished.log
    assert len(target.delivered()) == 1
    assert "already delivered 1" in finished.log


def test_an_event_stream_whose_key_is_not_in_its_schema_says_what_to_set(target):
    rule = {"orders": {**ORDERS_RULE, "time": "created_at"}}
    shape = schema("orders", {"email": {}, "created_at": {}, "no": {}}, ["id"])
    row = {"email": "a@b.co", "created_at": "2026-01-01", "no": 1}
    finished = target.run([shape, record("orders", **row)], streams=rule)
    assert finished.status == 1
    assert "`id` of its key is not in its SCHEMA" in finished.log
    assert "streams.orders.ledger_key" in finished.log
    assert "lacks `id`" in last_error(finished)
    assert "ledger_key" in last_error(finished)
    finished = target.run([shape, record("orders", id=1, **row)], streams=rule)
    assert finished.status == 0, finished.log
    shape["schema"]["additionalProperties"] = False
    for maps in ({}, {"orders": {"__filter__": "True"}}):
        finished = target.run([shape], streams=rule, stream_maps=maps)
        assert "streams.orders.ledger_key: `id` is in the stream's key" in last_error(finished)
    named = {"orders": {**rule["orders"], "ledger_key": ["no"]}}
    finished = target.run([shape, record("orders", **row)], streams=named)
    assert finished.status == 0, finished.log
    assert "key names" not in finished.log


def test_a_profile_stream_without_bookmark_is_sent_whole_and_that_is_reported_once(target):
    shape = schema("people", {"user_id": {}}, ["user_id"], ())
    other = schema("people", {"user_id": {}, "plan": {}}, ["user_id"], ())
    finished = target.run([shape, other, shape, state("end")], streams={"people": PEOPLE})
    assert finished.log.count("stream `people` has no bookmark") == 1
    assert "| INFO " in next(line for line in finished.log.splitlines() if "no bookmark" in line)
    bookmarked = schema("people", {"user_id": {}}, ["user_id"], ["at"])
    assert "bookmark" not in target.run([bookmarked], streams={"people": PEOPLE}).log


def test_a_bookmark_that_never_becomes_a_property_is_not_warned_of(target):
    for bookmark in ("_sdc_lsn", "_SDC_LSN", "_smart_source_lineno"):
        columns = {**ORDER_COLUMNS, bookmark: {}}
        finished = target.run([schema("orders", columns, ["id"], [bookmark])])
        assert "becomes a property" not in finished.log
    columns = {**ORDER_COLUMNS, "seen": {}}
    finished = target.run([schema("orders", columns, ["id"], ["seen"])])
    assert "`seen` is its bookmark and becomes a property" in finished.log
    columns["seen"] = False
    assert "becomes" not in target.run([schema("orders", columns, ["id"], ["seen"])]).log


def test_rows_without_the_columns_that_did_not_change_are_fine(target):
    rule = {"type": "profile", "identity": "id", "properties": {"Bio": "bio", "Plan": "plan"}}
    shape = schema("people", {"id": {}, "bio": {}, "plan": {}, "no": {}}, ["no"], ["_sdc_lsn"])
    rows = [record("people", no=1, id=1, plan="gold", _sdc_lsn=2), record("people", no=1, plan="x")]
    finished = target.run([shape, *rows], streams={"people": rule}, max_rejects=1)
    assert finished.status == 0, finished.log
    assert [each["profileData"] for each in target.delivered()] == [{"Plan": "gold", "no": 1}]
    assert target.rejected_codes() == {"identity_missing": 1}


TAP_EVENTS = ("event_key", "event_name", "event_time", "object_id", "identity")
TAP_PROFILES = ("profile_key", "identity", "seen_through")


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ([*TAP_EVENTS, "event_props__Amount"], ["tap-clevertap's `events`", "`event_props`"]),
        ([*map(str.upper, TAP_EVENTS)], ["tap-clevertap's `events`", "`event_props`"]),
        ([*TAP_PROFILES, "object_ids"], ["tap-clevertap's `profiles`", "`profile_data`"]),
    ],
    ids=["events", "capitals", "profiles"],
)
def test_streams_of_tap_clevertap_that_flattening_took_apart_say_so(target, columns, words):
    finished = target.run([schema("raw", {column: {} for column in columns})], streams={})
    assert all(word in finished.log for word in [*words, "flattening_enabled"]), finished.log


def test_the_targets_own_flattening_of_listed_properties_is_named_too(target):
    props = {"type": "object", "properties": {"Amount": {"type": "number"}}}
    columns = {**{column: {"type": "string"} for column in TAP_EVENTS}, "event_props": props}
    flattening = {"flattening_enabled": True, "flattening_max_depth": 2}
    finished = target.run([schema("events", columns, ["event_key"])], streams={}, **flattening)
    assert "flattening_enabled" in last_error(finished)


BOM = b"\xef\xbb\xbf"


def test_a_byte_order_mark_before_a_line_is_passed_over(target):
    shape = schema("people", {"user_id": {}}, ["user_id"], ["at"])
    text = target_lines(shape, record("people", user_id="a"))
    finished = target.run(BOM + text[0] + BOM + text[1] + BOM + b"\n", streams={"people": PEOPLE})
    assert finished.status == 0, finished.log
    finished = target.run(BOM + text[0] + text[1], streams={"people": {**PEOPLE, "identity": "u"}})
    assert "no column `u`" in finished.log
    assert len(target.delivered()) == 1


@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_another_encoding_is_refused_by_its_name(target, encoding):
    text = b"".join(target_lines(schema("people", {"user_id": {}}))).decode().encode(encoding)
    finished = target.run(text, streams={"people": PEOPLE})
    assert finished.status == 1
    assert f"it is {encoding[:6].upper()}" in last_error(finished)
    assert "UTF-8" in last_error(finished)


def target_lines(*messages):
    return [lines([message]) for message in messages]


def test_a_stream_that_a_rule_names_in_another_case_is_reported(target):
    messages = [schema("PUBLIC-USERS", {"id": {}}, ["id"]), record("PUBLIC-USERS", id="u-1")]
    rule = {"type": "profile", "identity": "id"}
    finished = target.run(messages, streams={"public-users": rule})
    assert finished.status == 1
    assert "`PUBLIC-USERS`: it has no rule" in finished.log
    assert "rename the rule of `public-users`" in finished.log
    assert target.stored() == []
