"""Batches of calls about users: when they are sealed, and what waits for what."""

from __future__ import annotations

import pytest

from target_clevertap.delivery.calls import Calls, batches_before
from target_clevertap.delivery.checkpoints import Segment
from target_clevertap.delivery.lanes import Batch, Limits, Source
from target_clevertap.records.endpoints import (
    DELETE_IDENTITIES,
    DELETE_OBJECT_IDS,
    DISASSOCIATE,
    SUBSCRIBE,
    UPLOAD,
)
from target_clevertap.records.entries import Entry
from target_clevertap.singer.origin import Origin

ORIGIN = Origin("gone", b"{}")


def entry(user):
    return Entry(b'"%b"' % user.encode(), user, True, None, b"{}")  # noqa: FBT003 - as in the product


def batch(endpoint, *users):
    made = Batch(0, 0.0, endpoint=endpoint)
    made.entries += map(entry, users)
    return made


class Sealed:
    """Gathers what calls are sealed."""

    def __init__(self, rows=1000, request_bytes=4_000_000):
        self.batches = []
        self.calls = Calls(Limits(20, rows, request_bytes, 5))

    def add(self, endpoint, *users):
        source = Source(ORIGIN, Segment(), endpoint=endpoint)
        self.calls.add(map(entry, users), source, seal=self.batches.append)

    @property
    def sizes(self):
        return [(each.endpoint, len(each.entries)) for each in self.batches]


@pytest.mark.parametrize(
    ("endpoint", "rows", "most"),
    [
        (DELETE_IDENTITIES, 1000, 100),
        (DELETE_OBJECT_IDS, 1000, 100),
        (SUBSCRIBE, 1000, 1000),
        (DISASSOCIATE, 1000, 1000),
        (DELETE_IDENTITIES, 7, 7),
    ],
)
def test_a_batch_is_sealed_at_the_limit_of_its_call(endpoint, rows, most):
    sealed = Sealed(rows)
    users = [f"u{number}" for number in range(most)]
    sealed.add(endpoint, *users[:-1])
    assert sealed.sizes == []
    sealed.add(endpoint, users[-1])
    assert sealed.sizes == [(endpoint, most)]
    assert (sealed.calls.open_bytes, bool(sealed.calls)) == (0, False)


def test_a_batch_is_sealed_before_it_has_too_many_bytes():
    envelope = DELETE_IDENTITIES.envelope_bytes
    sealed = Sealed(request_bytes=envelope + 3 * len(b'"u1",'))
    sealed.add(DELETE_IDENTITIES, "u1", "u2", "u3")
    assert sealed.sizes == []
    sealed.add(DELETE_IDENTITIES, "u4")
    assert sealed.sizes == [(DELETE_IDENTITIES, 3)]


def test_a_batch_is_sealed_at_another_record_of_its_user():
    sealed = Sealed()
    sealed.add(DELETE_IDENTITIES, "anna", "ben")
    sealed.calls.seal_users(["carla"], sealed.batches.append)
    assert sealed.sizes == []
    sealed.calls.seal_users(["carla", "ben"], sealed.batches.append)
    assert sealed.sizes == [(DELETE_IDENTITIES, 2)]


def test_the_same_call_of_a_user_goes_into_the_same_batch_and_another_does_not():
    sealed = Sealed()
    sealed.add(SUBSCRIBE, "phone1", "phone1")
    assert sealed.sizes == []
    sealed.add(DISASSOCIATE, "phone2", "phone1")
    assert sealed.sizes == [(SUBSCRIBE, 2)]
    assert [each.endpoint for each in sealed.calls.due(float("inf"))] == [DISASSOCIATE]


UPLOADED = batch(UPLOAD, "anna")
DELETED = batch(DELETE_IDENTITIES, "anna", "ben")
SUBSCRIBED = batch(SUBSCRIBE, "phone")


@pytest.mark.parametrize(
    ("later", "waits_for"),
    [
        (batch(UPLOAD, "carla"), [SUBSCRIBED]),
        (batch(UPLOAD, "carla", "ben"), [DELETED, SUBSCRIBED]),
        (batch(DELETE_IDENTITIES, "carla"), [UPLOADED, SUBSCRIBED]),
        (batch(DELETE_IDENTITIES, "ben"), [UPLOADED, DELETED, SUBSCRIBED]),
        (batch(DELETE_OBJECT_IDS, "carla"), [UPLOADED, DELETED, SUBSCRIBED]),
        (batch(SUBSCRIBE, "other"), [UPLOADED, DELETED]),
        (batch(SUBSCRIBE, "phone"), [UPLOADED, DELETED, SUBSCRIBED]),
    ],
    ids=range(7),
)
def test_what_a_batch_waits_for(later, waits_for):
    assert batches_before(later, [UPLOADED, DELETED, SUBSCRIBED]) == waits_for
