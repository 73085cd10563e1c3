"""The state of the stream of pushed messages belongs to an inbox, not to an account."""

from __future__ import annotations

from tap_clevertap.state.state_owner import StateOwner, bind_state, check_account

OWNER = StateOwner.of("TEST-000-0000", "https://in1.api.clevertap.com")
OTHER = StateOwner.of("TEST-111-1111", "https://in1.api.clevertap.com")


def states():
    return {
        "events": {"version": 1, "partitions": []},
        "webhook_messages": {"version": 1, "inbox": "a", "message": 3, "received_at": 5},
    }


def test_no_account_is_written_into_it():
    bookmarks = states()
    bind_state(bookmarks, OWNER)
    assert bookmarks["events"]["account"] == OWNER.binding
    assert bookmarks["webhook_messages"] == states()["webhook_messages"]


def test_it_is_read_for_any_account_and_names_none():
    for owner in (OWNER, OTHER):
        assert not check_account({"webhook_messages": states()["webhook_messages"]}, owner)
    assert check_account(states(), OWNER), "the state of events names no account"
