"""`invalid: reject | fix | send`, on every path a record can take."""

from __future__ import annotations

import json

import pytest

from tests.support.record_paths import PATHS, delivered, sent_by
from tests.support.target_process import record, schema, state

COLUMNS = ["id", "Email", "Phone", "Gender", "Employed", "Married", "Education", "Age", "note"]
TYPED = {"born": {"type": ["null", "string"], "format": "date-time"}}
SCHEMAS = [schema("people", {**{each: {} for each in COLUMNS}, **TYPED}, ["id"], ["at"])]
FIX = {"type": "profile", "identity": "id", "invalid": "fix"}
FIXABLE = {
    "Email": " ada@example.org ",
    "Phone": "98765 43210",
    "Gender": "female",
    "Employed": True,
    "Married": "no",
    "Education": "graduate",
    "Age": " 36 ",
    "note": "x" * 600,
    "born": 1767225600000,
}
FIXED = {
    "Email": "ada@example.org",
    "Phone": "+919876543210",
    "Gender": "F",
    "Employed": "Y",
    "Married": "N",
    "Education": "Graduate",
    "Age": "36",
    "note": "x" * 512,
    "born": "$D_1767225600",
}
KINDS = "cut: 1, education: 1, gender: 1, milliseconds: 1, phone: 1, trimmed: 3, yes_no: 2"


def codes(target):
    rows = map(json.loads, target.rejects.read_bytes().splitlines())
    return [row["code"] for row in rows if row["type"] == "RECORD"]


def keys_of(log):
    return [line for line in log.splitlines() if "invalid: fix" in line]


@pytest.mark.parametrize("path", PATHS)
def test_what_needs_no_guess_is_fixed_and_counted_by_kind(target, path):
    rows = [record("people", id=" ada ", **FIXABLE)]
    rows += [record("people", id=f"u{number}", note="short") for number in range(9)]
    finished = sent_by(path, target, SCHEMAS, rows, streams={"people": FIX}, default_country="in")
    assert finished.status == 0, finished.log
    found = {each["identity"]: each["profileData"] for each in delivered(target)}
    assert found["ada"] == FIXED
    assert found["u3"] == {"note": "short"}
    assert f"fixed 10 ({KINDS})" in finished.log
    assert finished.log.count("invalid: fix changes values (trimmed)") == 1
    assert "98765" not in finished.log


def test_without_the_key_nothing_is_fixed(target):
    rows = [record("people", id="ada", Gender="female"), record("people", id="bob", note="x")]
    rule = {"type": "profile", "identity": "id"}
    finished = target.run([*SCHEMAS, *rows], streams={"people": rule}, default_country="IN")
    assert finished.status == 3
    assert codes(target) == [514]
    assert "fixed" not in finished.log


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("Email", "ada at example", 515),
        ("Phone", "12", 516),
        ("Phone", "9876543210 or 9876543211", 516),
        ("Gender", "other", 514),
        ("Employed", "sometimes", 517),
        ("Education", "PhD", 518),
        ("Married", "2", 519),
        ("Age", "old", 520),
        ("note", ["x" * 1100], "value_too_long"),
        ("born", 202601010000, "date_invalid"),
    ],
)
def test_what_would_need_a_guess_is_rejected_as_before(target, column, value, code):
    rows = [record("people", id="ada", **{column: value}), record("people", id="bob", note="x")]
    finished = target.run([*SCHEMAS, *rows], streams={"people": FIX}, default_country="IN")
    assert finished.status == 3
    assert codes(target) == [code]
    assert "fixed" not in finished.log


def test_a_number_without_a_country_stays_where_no_country_is_given(target):
    rows = [
        record("people", id="a", Phone="9876543210"),
        record("people", id="b", Phone="+91 98765-43210"),
    ]
    target.run([*SCHEMAS, *rows], streams={"people": FIX})
    assert codes(target) == [516]
    assert [each["profileData"]["Phone"] for each in target.delivered()] == ["+919876543210"]


@pytest.mark.parametrize("kind", ["integer", "number", "string"])
def test_a_telephone_number_of_any_type_is_fixed(target, kind):
    head = schema("people", {"id": {}, "Phone": {"type": kind}}, ["id"], ["at"])
    phone = "4155552671" if kind == "string" else 4155552671
    target.run(
        [head, record("people", id="a", Phone=phone)],
        streams={"people": FIX},
        default_country="US",
    )
    assert [each["profileData"]["Phone"] for each in target.delivered()] == ["+14155552671"]


def test_events_get_their_time_in_seconds_and_their_texts_cut(target):
    rule = {"type": "event", "event": "Seen", "identity": "id", "time": "at", "invalid": "fix"}
    head = schema("visits", {"id": {}, "at": {}, "note": {}, "Gender": {}}, ["id"], ["at"])
    row = record("visits", id="a", at=1767225600123, note="🙂" * 513, Gender="female")
    target.run([head, row], streams={"visits": rule})
    (sent,) = target.delivered()
    assert sent["ts"] == 1767225600
    assert sent["evtData"] == {"note": "🙂" * 512, "Gender": "female"}


def test_a_time_that_looks_like_an_hour_in_seconds_is_fixed(target):
    rule = {"type": "event", "event": "Seen", "identity": "id", "time": "at", "invalid": "fix"}
    head = schema("visits", {"id": {}, "at": {}}, ["id"], ["at"])
    finished = target.run(
        [head, record("visits", id="a", at=2026010112000)], streams={"visits": rule}
    )
    assert finished.status == 0, finished.log
    assert target.delivered()[0]["ts"] == 2026010112


def test_fixed_records_that_come_again_are_known(target):
    rule = {**FIX, "operations": {"points": "$incr"}, "equal_rows": "resent"}
    head = schema("people", {"id": {}, "Phone": {}, "points": {}}, ["id"], ["at"])
    rows = [record("people", id=" a", Phone="98765 43210", points=1, at="1"), state({"at": 1})]
    for delivered_now in (1, 0):
        finished = target.run([head, *rows], streams={"people": rule}, default_country="IN")
        assert f"delivered {delivered_now}, already delivered {1 - delivered_now}" in finished.log


def test_a_deleted_row_deletes_the_user_that_a_fixed_one_made(target, emulator):
    rule = {**FIX, "on_deleted": "delete"}
    head = schema("people", {"id": {}, "note": {}, "_sdc_deleted_at": {}}, ["id"], ["at"])
    rows = [record("people", id=" ada ", note="x")]
    rows += [record("people", id=" ada ", note="x", _sdc_deleted_at="2026-03-01T12:00:00Z")]
    deletes = str(target.folder / "deletes.jsonl")
    streams = {"people": rule}
    finished = target.run(
        [head, *rows], streams=streams, confirm_deletes=True, deletes_path=deletes
    )
    assert finished.status == 0, finished.log
    assert [each["value"] for each in emulator.calls()["deleted"]] == ["ada"]


def test_fixes_and_nulls_go_together(target):
    rule = {**FIX, "nulls": "delete"}
    row = record("people", id="a", Gender="male", note=None)
    target.run([*SCHEMAS, row], streams={"people": rule})
    assert target.delivered()[0]["profileData"] == {"Gender": "M", "note": {"$delete": 1}}


@pytest.mark.parametrize(
    ("country", "words"),
    [("UK", "did you mean `GB`?"), ("XX", "give two letters"), ("IND", "give two letters")],
)
def test_a_country_that_is_none_ends_the_run(target, country, words):
    finished = target.run([*SCHEMAS], streams={"people": FIX}, default_country=country)
    assert finished.status == 1
    assert f"default_country: `{country}` is not a country's two letters" in finished.log
    assert words in finished.log


SEND = {"type": "event", "event": "Charged", "identity": "id", "time": "at", "invalid": "send"}
EVENTS = [schema("orders", {"id": {}, "at": {}, "note": {}, "Items": {}}, ["id"], ["at"])]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": "null"}, 523),
        ({"id": "x" * 1024}, 523),
        ({"at": 0}, 525),
        ({"at": 1767225600000}, 525),
        ({"note": "x" * 1025}, 512),
        ({f"c{number}": number for number in range(257)}, 522),
        ({"Items": [{"a": 1}] * 257}, 512),
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["one by one", "many at once"])
def test_clevertap_decides_where_our_checks_are_off(target, path, change, code):
    row = {"id": "u", "at": 1_767_225_600, **change}
    rows = [record("orders", id="good", at=1_767_225_600), record("orders", **row)]
    finished = sent_by(path, target, EVENTS, rows, streams={"orders": SEND})
    assert finished.status == 3
    assert codes(target) == [code]
    assert "CleverTap takes" not in target.rejects.read_text()  # a reason of our own


def test_a_name_that_we_would_refuse_is_sent(target):
    rule = {"type": "profile", "identity": "id", "invalid": "send"}
    head = schema("people", {"id": {}, "a.b": {}, "x" * 121: {}, "Phone": {}}, ["id"], ["at"])
    row = record("people", id="u", **{"a.b": 1, "x" * 121: 2, "Phone": "+14155552671"})
    finished = target.run([head, row], streams={"people": rule})
    assert finished.status == 0, finished.log
    data = {"a.b": 1, "x" * 121: 2, "Phone": "+14155552671"}
    assert target.delivered()[0]["profileData"] == data


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": None}, "identity_missing"),
        ({"id": [1]}, "identity_invalid"),
        ({"at": None}, "time_missing"),
        ({"at": "soon"}, "date_invalid"),
        ({"note": float("nan")}, "not_a_number"),
    ],
    ids=str,
)
def test_what_cannot_be_encoded_stays_a_reject(target, change, code):
    row = {"id": "u", "at": 1_767_225_600, "note": "x", **change}
    good = record("orders", id="good", at=1_767_225_600)
    target.run([*EVENTS, good, record("orders", **row)], streams={"orders": SEND})
    assert codes(target) == [code]


def test_a_reserved_event_is_sent_and_refused_by_clevertap(target):
    rule = {**SEND, "event": "App Launched"}
    rows = [record("orders", id="u", at=1_767_225_600)]
    target.run([*EVENTS, *rows], streams={"orders": rule}, all_rejected="continue")
    assert codes(target) == [513]
    rows = target.rejects.read_text()
    assert "Trying to raise a restricted system event" in rows
