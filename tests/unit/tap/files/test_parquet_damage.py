"""Parquet files that are cut, corrupt, encrypted, or replaced while they are read."""

import random
import sys
from contextlib import suppress
from io import BytesIO

import pyarrow as pa
import pytest

from tap_clevertap._plugin.errors import SettingError
from tap_clevertap.files.errors import FileChangedError, UnreadFileError
from tests.support.files.parquet_files import PROPS, events, file_of, pairs
from tests.support.files.reading import events_in, kind_in, profiles_in


def refusal(content, **more):
    with pytest.raises(UnreadFileError) as refused:
        events_in("parquet", content, **more)
    return refused.value.message


def some_file(**options):
    rows = [pairs({"a": n, "b": f"text {n}", "c": n / 7}) for n in range(500)]
    return file_of(events({"eventProps": pa.array(rows, PROPS)}), **options)


@pytest.mark.parametrize("kept", [0, 4, 11, 12, 1_000, -1, -4, -8, -100])
def test_a_cut_file_is_refused(kept):
    assert refusal(some_file()[:kept]).startswith("is corrupt or cut (")


def test_a_changed_page_is_refused_where_it_has_a_checksum():
    content = bytearray(
        some_file(write_page_checksum=True, compression="none", use_dictionary=False)
    )
    content[content.index(b"text 250")] ^= 1

    assert "is corrupt or cut (" in refusal(bytes(content))


def test_an_encrypted_file_is_refused():
    plain = some_file()

    assert refusal(b"PARE" + plain[4:-4] + b"PARE").startswith("is encrypted (")


def test_damage_anywhere_is_a_refusal_and_never_a_crash():
    chance, content = random.Random(7), some_file(compression="none")
    for _ in range(150):
        damaged = bytearray(content)
        for _ in range(chance.choice((1, 1, 3, 20))):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        with suppress(UnreadFileError):  # a value may be another, where no checksum is
            kind_in("parquet", bytes(damaged))
            events_in("parquet", bytes(damaged))


class Replaced(BytesIO):
    """A file of which the first half is another one when it is read."""

    def read(self, size=-1):
        if self.tell() < len(self.getbuffer()) // 2:
            message = "was replaced"
            raise FileChangedError(message)
        return super().read(size)


def test_what_the_store_raises_is_not_taken_for_damage(monkeypatch):
    monkeypatch.setattr("tests.support.files.reading.BytesIO", Replaced)

    with pytest.raises(FileChangedError, match="was replaced"):
        events_in("parquet", some_file(compression="none"))


@pytest.mark.parametrize("read", [kind_in, events_in, profiles_in])
def test_without_pyarrow_the_extra_is_named(monkeypatch, read):
    content = some_file()
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(
        SettingError, match=r"^export_files_url: .*install tap-clevertap\[parquet\]$"
    ):
        read("parquet", content)
