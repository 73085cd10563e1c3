"""`nulls`, `invalid` and `only_if` next to a preset."""

from __future__ import annotations

from tests.support.target_process import record, schema

TEXT = {"type": ["null", "string"]}
COLUMNS = {
    **dict.fromkeys(("id", "user_id", "phone", "gender", "email", "plan", "received_at"), TEXT),
    "agreed": {"type": ["null", "boolean"]},
}
RULE = {"preset": "segment", "nulls": "delete", "invalid": "fix", "only_if": "agreed"}


def test_a_preset_goes_with_all_choices(target):
    odd = {"phone": "98765 43210", "gender": "Woman", "email": " a@b.example ", "plan": None}
    rows = [
        record("identifies", id="1", user_id=" ada", agreed=True, **odd),
        record("identifies", id="2", user_id="bob", agreed=False, plan="gold"),
        record("identifies", id="3", user_id="cy", agreed=True, plan="tin"),
    ]
    head = schema("identifies", COLUMNS, ["id"], ["received_at"])
    streams = {"identifies": RULE}
    finished = target.run([head, *rows], streams=streams, default_country="IN")
    assert finished.status == 0, finished.log
    ada = {"Email": "a@b.example", "Gender": "F", "Phone": "+919876543210"}
    assert {each["identity"]: each["profileData"] for each in target.delivered()} == {
        "ada": {**ada, "plan": {"$delete": 1}},
        "cy": {"plan": "tin"},
    }
    assert "held back by only_if 1 (not sent)" in finished.log
    assert "fixed 3 (phone: 1, trimmed: 2)" in finished.log


def test_consent_in_an_object_ends_the_run_rather_than_hold_all_rows_back(target):
    head = schema("identifies", {"id": TEXT, "user_id": TEXT, "traits": {}}, ["id"], ["at"])
    row = record("identifies", id="1", user_id="ada", traits={"agreed": True})
    streams = {"identifies": {"preset": "segment", "only_if": "traits.agreed"}}
    finished = target.run([head, row], streams=streams)
    assert finished.status == 1
    assert "streams.identifies.only_if: the stream has no column `traits.agreed`" in finished.log
