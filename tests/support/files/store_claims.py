"""What holds of every store: listed in order, read exactly, and named where files change."""

from __future__ import annotations

import gzip
import random

import pytest

from tap_clevertap.files.errors import FileChangedError, StoreError
from tap_clevertap.files.stores.opening import open_store
from tests.support.files.breaking_server import breaking_server

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
    "tab\tand",
    "back\\slash",
    "'single' \"double\" <angle>",
    "é/e\u0301",
    "नमस्ते.json",
    "😀",
    "\uffee",
]


NO_PATHS = ["//", "/lead", "a//b", "cr\rx", "d./e", "x.", "e/%2e%2e/f", "trail/", "<x>&amp;"]
"""Keys that no local file has."""


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


class StoreClaims:
    """Claims of a store; the module has the fixture `store`, and `_reached` uses it."""

    @pytest.fixture(autouse=True)
    def _reached(self, store, monkeypatch):
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)

    def test_odd_keys_are_listed_in_order_and_read_exactly(self, store):
        keys = [key for key in sorted(ODD_KEYS) if store.keeps(key)]
        for key in keys:
            store.put(f"odd/{key}", key.encode())
        assert contents(store, "odd") == [(key, key.encode()) for key in keys]
        assert contents(store, "odd/") == contents(store, "odd")

    def test_a_folder_ends_at_its_slash(self, store):
        for key in ("ev/b", "ev/a/c", "ev/a-b", "ev-other/d", "ever"):
            store.put(f"ends/{key}", b"x")
        assert [key for key, _ in contents(store, "ends/ev")] == ["a-b", "a/c", "b"]

    def test_an_empty_file_is_a_file(self, store):
        store.put("hollow/none.json", b"")
        assert contents(store, "hollow") == [("none.json", b"")]

    def test_a_listing_is_always_a_new_one(self, store):
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
    def test_a_file_that_was_replaced_is_named_as_changed(self, store, content):
        store.put("changing/a", b"as listed")
        opened = open_store(store.url("changing"))
        (info,) = opened.list()
        store.remove("changing/a")
        store.put("changing/a", content)
        with (
            pytest.raises(FileChangedError, match="after it was listed"),
            opened.open(info) as file,
        ):
            file.read()

    def test_a_file_that_is_gone_is_named_as_changed(self, store):
        store.put("going/a", b"here")
        opened = open_store(store.url("going"))
        (info,) = opened.list()
        store.remove("going/a")
        with pytest.raises(FileChangedError, match=r"gone|replaced"), opened.open(info) as file:
            file.read()

    def test_a_large_file_is_read_in_parts(self, store):
        content = bytes(range(256)) * 20_000
        store.put("large/a", content)
        opened = open_store(store.url("large"))
        (info,) = opened.list()
        with opened.open(info) as file:
            parts = list(iter(lambda: file.read(300_007), b""))
        assert b"".join(parts) == content

    def test_an_empty_folder_has_no_files(self, store):
        store.put("all/a", b"a")
        store.remove("all/a")
        assert contents(store, "all") == []

    def test_the_name_of_a_file_is_no_folder(self, store):
        store.put("named/day.json", b"{}")
        with pytest.raises(StoreError, match="set the folder"):
            list(open_store(store.url("named/day.json")).list())


class CloudClaims(StoreClaims):
    """Claims of a store with objects and connections."""

    def test_keys_that_are_no_paths_are_listed_and_read(self, store):
        for key in NO_PATHS:
            store.put(f"paths/{key}", key.encode())
        assert contents(store, "paths") == [(key, key.encode()) for key in sorted(NO_PATHS)]
        assert contents(store, "paths//") == [("/", b"//"), ("lead", b"/lead")]

    def test_markers_of_folders_are_no_files(self, store):
        for key in ("marked/", "marked/day/", "marked/day_$folder$"):
            store.put(key, b"")
        assert contents(store, "marked") == []
        store.put("marked/day/a", b"a")
        assert contents(store, "marked") == [("day/a", b"a")]

    def test_a_connection_that_breaks_is_continued_at_its_place(self, store, monkeypatch):
        content = random.Random(7).randbytes(9_000_000)
        store.put("broken/a", content)
        with breaking_server(store.objects.endpoint) as server:
            for name, value in store.objects.through(server.address).items():
                monkeypatch.setenv(name, value)
            opened = open_store(store.url("broken"))
            (info,) = opened.list()
            server.breaks += [0, 5_000, 3_000_000, 70_000]
            with opened.open(info) as file:
                assert file.read() == content
            assert len(server.asked) > len(content) // (4 << 20)
            assert not server.breaks
            (condition,) = set(server.conditions)
            assert info.version in condition

    def test_a_file_that_is_replaced_while_it_is_read_is_named_as_changed(self, store, monkeypatch):
        store.put("torn/a", b"o" * 9_000_000)
        with breaking_server(store.objects.endpoint) as server:
            for name, value in store.objects.through(server.address).items():
                monkeypatch.setenv(name, value)
            opened = open_store(store.url("torn"))
            (info,) = opened.list()
            server.breaks += [500_000]
            server.on_break = lambda: store.put("torn/a", b"n" * 9_000_000)
            with pytest.raises(FileChangedError, match="replaced"), opened.open(info) as file:
                file.read()

    def test_a_folder_without_objects_is_a_warning(self, store, caplog):
        store.put("nothing-else/a", b"1")
        assert contents(store, "nothing") == []
        assert f"{store.url('nothing')}/: there are no files; check export_files_url" in caplog.text

    def test_bytes_with_a_content_encoding_are_read_as_they_are_stored(self, store):
        packed = gzip.compress(random.Random(7).randbytes(200_000) + bytes(9_000_000), mtime=0)
        store.objects.put_encoded("packed/a.json.gz", packed)
        assert contents(store, "packed") == [("a.json.gz", packed)]

    def test_a_bucket_that_is_missing_is_named(self, store):
        scheme = store.url().partition("://")[0]
        with pytest.raises(StoreError, match=r"there is no .*; check"):
            list(open_store(f"{scheme}://not-there/ev").list())
