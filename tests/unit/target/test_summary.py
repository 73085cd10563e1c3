"""Counts by stream: what was received adds up, whatever became of it."""

from __future__ import annotations

from target_clevertap.delivery.summary import Summary


def test_each_stream_has_its_own_counts_and_the_line_has_those_of_all():
    summary = Summary()
    summary.count_received("orders", 10)
    summary.count_delivered({"orders": 4})
    summary.count_rejects([("orders", 515), ("orders", "time_missing")])
    summary.count_not_sent({("orders", "unchanged"): 1})
    summary.count_fixed("orders", {"phone": 2})
    summary.count_left_out("users", "deleted", 3)
    summary.count_retry("throttled")
    orders, users = summary.streams["orders"], summary.streams["users"]
    assert (orders.received, orders.ended, orders.not_settled) == (10, 7, 3)
    assert (users.received, users.ended, users.not_settled) == (3, 3, 0)
    assert orders.rejected == {515: 1, "time_missing": 1}
    assert str(summary).startswith(
        "delivered 4, already delivered 0, rejected 2 (515: 1, time_missing: 1), uncertain 0, "
        "retried 1, deleted at the source 3 (not sent), unchanged 1 (not sent), "
        "fixed 2 (phone: 2), not settled 3, in "
    )


def test_counts_that_were_asked_for_do_not_change_any_more():
    summary = Summary()
    summary.count_left_out("users", "deleted")
    before = summary.streams
    summary.count_left_out("users", "deleted")
    assert (before["users"].received, before["users"].not_sent["deleted"]) == (1, 1)
