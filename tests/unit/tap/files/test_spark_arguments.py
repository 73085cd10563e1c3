"""Wrong arguments of the functions for Spark, which need no Spark to be refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tap_clevertap.errors import SettingError
from tap_clevertap.files.errors import StoreError
from tap_clevertap.spark import exported_bad_rows, exported_events, list_files

PROJECT = {"account_id": "TEST-000-0000", "timezone": "Asia/Kolkata"}


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("url", None),
        ("url", Path("folder")),
        ("url", "s3://AKIAEXAMPLE:secret@bucket"),
        ("account_id", 5),
        ("account_id", None),
        ("account_id", ""),
        ("timezone", None),
        ("timezone", "IST"),
        ("format", "orc"),
        ("format", None),
        ("bad_rows", "drop"),
        ("columns", None),
        ("columns", [("a", "ts")]),
        ("columns", {"a": 1}),
        ("columns", {1: "ts"}),
        ("files", ["a.json"]),
        ("files", iter([])),
        ("files", "a.json"),
    ],
)
def test_a_wrong_argument_is_refused_by_its_name(tmp_path, argument, value):
    given = {"url": str(tmp_path), **PROJECT, argument: value}
    with pytest.raises(SettingError) as refused:
        exported_events(None, given.pop("url"), **given)
    assert refused.value.message.startswith(f"{argument}: ")
    assert "secret" not in refused.value.message


@pytest.mark.parametrize("function", [exported_bad_rows, exported_events])
def test_a_folder_that_is_not_there_is_that_of_the_argument(tmp_path, function):
    with pytest.raises(StoreError, match=r"does not exist; check url$"):
        function(None, str(tmp_path / "gone"), **PROJECT)


def test_a_list_is_of_a_url():
    with pytest.raises(SettingError, match=r"^url: ftp:// is not known; "):
        list_files("ftp://host/folder")
