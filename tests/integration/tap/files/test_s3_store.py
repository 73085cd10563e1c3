"""Files of S3, on moto's server."""

from __future__ import annotations

import pytest

from tap_clevertap.files.errors import FileChangedError, StoreError, UnreadFileError
from tap_clevertap.files.stores import continued
from tap_clevertap.files.stores.opening import open_store
from tests.support.files.breaking_server import breaking_server
from tests.support.files.store_claims import CloudClaims
from tests.support.files.stores import started_store


@pytest.fixture(scope="module")
def store():
    with started_store("s3") as started:
        yield started


class TestStore(CloudClaims):
    """What holds of every store."""


@pytest.fixture
def reached(store, monkeypatch):
    """The store, as this process reaches it."""
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    return store


def test_all_pages_of_a_listing_are_followed(reached):
    many = [f"day={number:05}/x" for number in range(1_100)]
    reached.objects.put_many(f"pages/{key}" for key in many)
    assert [info.key for info in open_store(reached.url("pages")).list()] == many


@pytest.mark.parametrize(
    ("allowed", "missing"), [("s3:GetObject", "s3:ListBucket"), ("s3:ListBucket", "s3:GetObject")]
)
def test_a_permission_that_is_missing_is_named(reached, monkeypatch, allowed, missing):
    reached.put("denied/a", b"1")
    with reached.objects.permissions(allowed) as keys:
        for name, value in keys.items():
            monkeypatch.setenv(name, value)
        opened = open_store(reached.url("denied"))
        with pytest.raises(StoreError) as raised:
            opened.open(next(iter(opened.list()))).read()
    assert f"s3://exports/denied/: the permission {missing} is missing" in str(raised.value)
    assert "on bucket `exports`; add it to the policy" in str(raised.value)


def test_credentials_that_are_wrong_are_named_but_not_shown(reached, monkeypatch):
    with reached.objects.permissions("s3:ListBucket") as keys:
        for name, value in keys.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-the-secret")
        with pytest.raises(StoreError, match=r"\(SignatureDoesNotMatch\); renew") as raised:
            list(open_store(reached.url()).list())
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "NOSUCHKEY")
        with pytest.raises(StoreError, match=r"\(InvalidAccessKeyId\); renew"):
            list(open_store(reached.url()).list())
    assert "not-the-secret" not in str(raised.value)


def test_credentials_that_are_missing_are_named(reached, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nowhere")
    with pytest.raises(StoreError, match=r"no usable credentials \(NoCredentialsError\); set AWS_"):
        list(open_store(reached.url()).list())
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(StoreError, match=r"no usable credentials \(ProfileNotFound\); set AWS_"):
        open_store(reached.url())


def test_a_server_that_is_not_there_is_named(reached, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(StoreError, match=r"cannot be reached \(EndpointConnectionError\)"):
        list(open_store(reached.url()).list())


def test_an_archived_file_is_unread(reached):
    reached.objects.put("cold/a", b"1", StorageClass="GLACIER")
    reached.put("cold/b", b"2")
    opened = open_store(reached.url("cold"))
    archived, plain = opened.list()
    with pytest.raises(UnreadFileError, match=r"is archived .*; restore it"):
        opened.open(archived).read()
    assert opened.open(plain).read() == b"2"


@pytest.mark.parametrize(
    ("forgotten", "error", "message"),
    [
        ("if-match", FileChangedError, "was replaced after it was listed"),
        ("range", UnreadFileError, "the server cannot continue it"),
    ],
)
def test_a_server_that_forgets_a_condition_is_noticed(
    reached, monkeypatch, forgotten, error, message
):
    reached.put("odd-server/a", b"o" * 500_000)
    with breaking_server(reached.objects.endpoint) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.address)
        opened = open_store(reached.url("odd-server"))
        (info,) = opened.list()
        server.forgotten.add(forgotten)
        if forgotten == "if-match":
            reached.put("odd-server/a", b"n" * 500_000)
        server.breaks.append(1_000)
        with pytest.raises(error, match=message), opened.open(info) as file:
            file.read()


def test_a_connection_that_breaks_again_and_again_ends_the_file(reached, monkeypatch):
    monkeypatch.setattr(continued, "FIRST_PAUSE", 0.001)
    reached.put("lost/a", b"x" * 500_000)
    with breaking_server(reached.objects.endpoint) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.address)
        opened = open_store(reached.url("lost"))
        (info,) = opened.list()
        server.breaks += [10] * 50
        with pytest.raises(UnreadFileError) as raised, opened.open(info) as file:
            file.read()
        assert len(server.asked) == continued.MOST_BREAKS
    assert str(raised.value).startswith("broke off 9 times in a row at byte 90 of")
