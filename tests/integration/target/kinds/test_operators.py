"""Every operator changes a profile, whether the rule names it or the value brings it."""

from __future__ import annotations

import pytest

from tests.support.target_process import record, schema

START = {"List": {"$set": ["a", "b"]}, "Number": 10, "Plain": "x"}
OPERATORS = {
    "$add": ("List", ["c"], ["a", "b", "c"]),
    "$remove": ("List", ["a"], ["b"]),
    "$set": ("List", ["z"], ["z"]),
    "$incr": ("Number", 5, 15),
    "$decr": ("Number", 3, 7),
    "$delete": ("Plain", 1, None),
}


def users(value, kind):
    columns = {"email": {"type": "string"}, "at": {"type": "string"}, **kind}
    return [
        schema("users", columns, ["email"], ["at"]),
        record("users", email="anna", at="2026-01-01", **value),
    ]


@pytest.mark.parametrize("by", ["rule", "property in the rule", "value", "value as text"])
@pytest.mark.parametrize("operator", OPERATORS)
def test_an_operator_changes_the_profile(target, emulator, operator, by):
    name, operand, changed = OPERATORS[operator]
    start = {"type": "profile", "identity": "anna", "profileData": START}
    emulator.api("POST", "/1/upload", json={"d": [start]})
    rule = {"type": "profile", "identity": "email", "others": "drop", "properties": {name: "col"}}
    kind, value = {}, operand
    if by.startswith("value"):
        value = {operator: operand}
        kind = {"type": "object"}
        if by == "value as text":
            value = f'{{"{operator}": {operand}}}'.replace("'", '"')
    else:
        rule["operations"] = {"col" if by == "rule" else name: operator}
    done = target.run(users({"col": value}, {"col": kind}), streams={"users": rule})
    assert done.status == 0, done.log
    found = emulator.api("GET", "/1/profile.json?identity=anna").json()["record"]["profileData"]
    expected = {"List": ["a", "b"], "Number": 10, "Plain": "x"} | {name: changed}
    assert found == {key: each for key, each in expected.items() if each is not None}
