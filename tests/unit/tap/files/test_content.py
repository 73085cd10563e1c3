"""What a file is, whatever its name says: by its first bytes, packed or not, and whole or not."""

import bz2
import gzip
import lzma
import os
import sys
import zipfile
from io import BytesIO

import pytest

from tap_clevertap.files.content import open_content
from tap_clevertap.files.errors import StoreError, UnreadFileError

ROW = b'{"ts":20260831120000,"profile":{"objectId":"a"},"eventProps":{"n":1}}\n'
EVENTS = b"Charged\n" + ROW * 3
PROFILES = b'{"identity":"u1"}\n{"identity":"u2"}\n'
PARQUET = b"PAR1\x15\x00 and so on PAR1"
LARGE = b"Large\n" + b"".join(
    b'{"ts":20260831120000,"eventProps":{"n":%d}}\n' % n for n in range(90_000)
)


def packed(content):
    return gzip.compress(content, 1, mtime=0)


def opened(content, wanted="auto"):
    found = open_content(BytesIO(content), wanted)
    with found.content as file:
        return found.format, found.kind, file.read()


def refusal(content, wanted="auto"):
    with pytest.raises(UnreadFileError) as refused:
        opened(content, wanted)
    return refused.value.message


@pytest.fixture(params=["isal", "gzip"], autouse=True)
def library(request, monkeypatch):
    """Unpack with each library."""
    if request.param == "gzip":
        monkeypatch.setitem(sys.modules, "isal", None)
    else:
        pytest.importorskip("isal")
    return request.param


@pytest.mark.parametrize(
    ("content", "file_format", "kind"),
    [
        (EVENTS, "json", "events"),
        (LARGE, "json", "events"),
        (b"\xef\xbb\xbf" + EVENTS, "json", "events"),
        (b"Name only\n", "json", "events"),
        (b"PAR1\n" + ROW, "json", "events"),
        (b"<b>bold</b>\n" + ROW, "json", "events"),
        (b"ts\n" + ROW, "json", "events"),
        (b"BZh1 was here\n" + ROW, "json", "events"),
        (b"PK\n" + ROW, "json", "events"),
        (b"Charged\n42\n" + ROW, "json", "events"),
        (PROFILES, "json", "profiles"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_the_format_is_told_by_the_content(content, file_format, kind):
    assert opened(content) == (file_format, kind, content)
    assert opened(packed(content)) == (file_format, kind, content)
    assert opened(content, file_format) == opened(packed(content), file_format)


def test_members_of_gzip_follow_each_other():
    half = len(EVENTS) // 2
    content = packed(EVENTS[:half]) + packed(b"") + packed(EVENTS[half:])
    assert opened(content)[2] == EVENTS
    assert opened(content + bytes(1000))[2] == EVENTS


@pytest.mark.parametrize("cut", [1, 4, 8, 9, 1000])
def test_a_cut_gzip_file_is_refused_at_its_end(cut):
    assert "is cut: its gzip data ends early" in refusal(packed(LARGE)[:-cut])
    assert "is cut" in refusal(packed(EVENTS)[: 12 + cut % 7])


@pytest.mark.parametrize("place", [-8, -4, 0.5, 0.9])
def test_a_corrupt_gzip_file_is_refused(place):
    content = bytearray(packed(LARGE))
    content[place if place < 0 else int(len(content) * place)] ^= 0x55
    assert refusal(bytes(content)).startswith(("is corrupt", "is cut"))


def test_bytes_behind_the_end_of_gzip_are_refused():
    for garbage in (b"x", b"garbage", bytes(10) + EVENTS):
        assert refusal(packed(EVENTS) + garbage).startswith(("is corrupt", "is cut"))


@pytest.mark.parametrize("content", [b"", packed(b"")], ids=["plain", "packed"])
def test_an_empty_file_is_refused(content):
    assert refusal(content).startswith("is empty: ")


def test_gzip_in_gzip_is_refused():
    assert "packed by gzip twice" in refusal(packed(packed(EVENTS)))


def zipped():
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.json", EVENTS)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        pytest.param(bz2.compress(EVENTS), "packed by bzip2", id="bzip2"),
        pytest.param(bz2.compress(b""), "packed by bzip2", id="empty bzip2"),
        pytest.param(lzma.compress(EVENTS), "packed by xz", id="xz"),
        pytest.param(zipped(), "a zip archive", id="zip"),
        pytest.param(b"\x28\xb5\x2f\xfd\x04", "packed by zstd", id="zstd"),
        pytest.param(EVENTS.decode().encode("utf-16"), "text in UTF-16", id="UTF-16"),
        pytest.param(EVENTS.decode().encode("utf-16-be"), "text in UTF-16", id="UTF-16 BE"),
        pytest.param(EVENTS.decode().encode("utf-16-le"), "text in UTF-16", id="UTF-16 LE"),
        pytest.param(EVENTS.decode().encode("utf-32"), "text in UTF-32", id="UTF-32"),
        pytest.param(EVENTS.decode().encode("utf-32-le"), "text in UTF-32", id="UTF-32 LE"),
        pytest.param(b"PARE\x15\x00", "an encrypted Parquet file", id="encrypted"),
        pytest.param(b"ORC\x08\x00", "an ORC file", id="ORC"),
        pytest.param(b"Obj\x01\x04", "an Avro file", id="Avro"),
    ],
)
def test_other_kinds_of_files_are_refused_by_name(content, name):
    assert f"is {name}, which is not read" in refusal(content)
    assert f"is {name}, which is not read" in refusal(packed(content), "json")


def test_a_file_of_another_format_than_the_wanted_one_is_refused_by_name():
    message = "is json, but export_files_format is csv; set it to auto, or leave the file out"
    assert refusal(EVENTS, "csv") == refusal(packed(EVENTS), "csv") == message
    assert refusal(EVENTS, "parquet").startswith("is json, but export_files_format is parquet")
    assert refusal(b"ts,eventName\n", "json").startswith("is csv, but export_files_format is json")
    assert refusal(PARQUET, "json").startswith("is parquet, but export_files_format is json")


def test_text_of_no_known_format_is_refused_unless_a_format_is_wanted():
    content = b"one\ntwo\nthree\n"
    assert refusal(content).startswith("has no known format")
    assert opened(content, "json") == ("json", "events", content)
    assert "is no Parquet" in refusal(content, "parquet")


def parquet():
    import pyarrow as pa  # noqa: PLC0415 - slow to load
    import pyarrow.parquet  # noqa: PLC0415 - slow to load

    file = BytesIO()
    names = pa.table({"eventName": ["Charged"] * 9, "eventTime": ["1644606691"] * 9})
    pyarrow.parquet.write_table(names, file)
    return file.getvalue()


def test_parquet_can_seek_whatever_it_comes_from():
    content = parquet()
    for sent in (content, packed(content)):
        found = open_content(BytesIO(sent), "auto")
        with found.content as file:
            assert (found.format, found.kind, found.is_packed) == (
                *("parquet", "events"),
                sent != content,
            )
            assert file.seek(-4, os.SEEK_END) == len(content) - 4
            assert file.read() == b"PAR1"


def test_packed_parquet_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    content = packed(parquet())
    found = open_content(BytesIO(content), "auto")
    assert not [*tmp_path.iterdir()]
    found.content.close()
    assert refusal(content[:-9]).startswith("is cut")
    assert not [*tmp_path.iterdir()]


def test_a_full_temporary_folder_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "absent"))
    with pytest.raises(StoreError, match=r"absent.*TMPDIR"):
        opened(parquet())


def test_little_of_a_large_file_is_in_memory():
    class Counted(BytesIO):
        most = 0

        def read(self, size):
            self.most = max(self.most, size)
            return super().read(size)

    file = Counted(packed(LARGE))
    found = open_content(file, "auto")
    with found.content as content:
        assert sum(map(len, content)) == len(LARGE)
    assert file.most <= 1 << 20
