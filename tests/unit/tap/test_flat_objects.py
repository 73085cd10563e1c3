"""Objects in the environment of a plugin, which Meltano writes without levels."""

from __future__ import annotations

import pytest

from tap_clevertap._plugin.flat_objects import OF_MELTANO, with_levels


@pytest.fixture
def meltano(monkeypatch):
    monkeypatch.setenv(OF_MELTANO, "/project")


@pytest.mark.usefixtures("meltano")
@pytest.mark.parametrize(
    ("flat", "nested"),
    [
        ({}, {}),
        ({"salt": "x"}, {"salt": "x"}),
        (
            {"users.type": "profile", "users.operations.tags": "$add", "users.exclude": ["a.b"]},
            {"users": {"type": "profile", "operations": {"tags": "$add"}, "exclude": ["a.b"]}},
        ),
        (
            {"shop?orders.email": "__NULL__", r"shop?orders.a\.b": "str(c)", "x": "__NULL__"},
            {"shop?orders": {"email": "__NULL__", "a.b": "str(c)"}, "x": "__NULL__"},
        ),
        ({"users.operations": {}}, {"users": {"operations": {}}}),
        ({"users": "x", "users.type": "profile"}, {"users": "x", "users.type": "profile"}),
        ({"shop.orders": {"type": "event"}}, {"shop.orders": {"type": "event"}}),
    ],
)
def test_levels_are_those_of_a_configuration_file(flat, nested):
    assert with_levels(flat) == nested


def test_a_variable_that_a_person_wrote_stays_as_it_is(monkeypatch):
    monkeypatch.delenv(OF_MELTANO, raising=False)
    assert with_levels({"shop.orders": "__NULL__"}) == {"shop.orders": "__NULL__"}
