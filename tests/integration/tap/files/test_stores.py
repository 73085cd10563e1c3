"""The same files from each store: listed in order, read exactly, and named when they change."""

from __future__ import annotations

import pytest

from tap_clevertap.files.errors import FileChangedError, StoreError
from tap_clevertap.files.stores.opening import open_store
from tests.support.files.stores import STORES, started_store

ODD_KEYS = [
    " leading",
    "#fragment",
    "%41percent",
    "+plus",
    "_temporary/_file",
    "a b/c d",
    "a&b=c;d",
    "eventName=Other/[1].json",
    "q?uestion",
    "star*.json",
    "trailing ",
    "spaces  /x",
    "tab\tand\\backslash",
    "'single' \"double\" <angle>",
    "é/e\u0301",
    "नमस्ते.json",
    "😀",
    "\uffee",
]


@pytest.fixture(scope="module", params=STORES)
def store(request):
    with started_store(request.param) as started:
        yield started


@pytest.fixture(autouse=True)
def _reached(store, monkeypatch):
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)


def contents(store, folder):
    """Return key and content of all files, as they are listed."""
    opened = open_store(store.url(folder))
    found = []
    for info in opened.list():
        with opened.open(info) as file:
            content = file.read()
        assert len(content) == info.size
        found.append((info.key, content))
    return found


def test_odd_keys_are_listed_in_order_and_read_exactly(store):
    for key in ODD_KEYS:
        store.put(f"odd/{key}", key.encode())
    assert contents(store, "odd") == [(key, key.encode()) for key in sorted(ODD_KEYS)]
    assert contents(store, "odd/") == contents(store, "odd")


def test_a_folder_ends_at_its_slash(store):
    for key in ("ev/b", "ev/a/c", "ev/a-b", "ev-other/d", "ever"):
        store.put(f"ends/{key}", b"x")
    assert [key for key, _ in contents(store, "ends/ev")] == ["a-b", "a/c", "b"]


def test_an_empty_file_is_a_file(store):
    store.put("hollow/none.json", b"")
    assert contents(store, "hollow") == [("none.json", b"")]


def test_a_listing_is_always_a_new_one(store):
    store.put("fresh/a", b"1")
    opened = open_store(store.url("fresh"))
    first = list(opened.list())
    store.put("fresh/b", b"2")
    store.put("fresh/a", b"3")
    again = list(opened.list())
    assert [info.key for info in again] == ["a", "b"]
    assert first[0].version != again[0].version
    assert again == list(opened.list())


@pytest.mark.parametrize("content", [b"longer than before", b"s", b"same size"])
def test_a_file_that_was_replaced_is_named_as_changed(store, content):
    store.put("changing/a", b"as listed")
    opened = open_store(store.url("changing"))
    (info,) = opened.list()
    store.remove("changing/a")
    store.put("changing/a", content)
    with pytest.raises(FileChangedError, match="after it was listed"), opened.open(info) as file:
        file.read()


def test_a_file_that_is_gone_is_named_as_changed(store):
    store.put("going/a", b"here")
    opened = open_store(store.url("going"))
    (info,) = opened.list()
    store.remove("going/a")
    with pytest.raises(FileChangedError, match="gone"), opened.open(info) as file:
        file.read()


def test_a_large_file_is_read_in_parts(store):
    content = bytes(range(256)) * 20_000
    store.put("large/a", content)
    opened = open_store(store.url("large"))
    (info,) = opened.list()
    with opened.open(info) as file:
        parts = list(iter(lambda: file.read(300_007), b""))
    assert b"".join(parts) == content


def test_the_name_of_a_file_is_no_folder(store):
    store.put("named/day.json", b"{}")
    with pytest.raises(StoreError, match="set the folder"):
        list(open_store(store.url("named/day.json")).list())
