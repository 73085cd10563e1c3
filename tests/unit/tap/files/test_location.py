"""What `export_files_url` may be, and what is refused without showing a secret."""

from __future__ import annotations

import pytest

from tap_clevertap.errors import SettingError
from tap_clevertap.files.stores import opening
from tap_clevertap.files.stores.location import read_location
from tap_clevertap.files.stores.opening import open_store


@pytest.mark.parametrize(
    ("url", "location"),
    [
        ("s3://bucket", ("s3", "bucket", "")),
        ("s3://bucket/", ("s3", "bucket", "")),
        ("S3://bucket/ev", ("s3", "bucket", "ev/")),
        ("s3://bucket/ev/", ("s3", "bucket", "ev/")),
        ("s3://bucket/ev//", ("s3", "bucket", "ev//")),
        ("s3://bucket//", ("s3", "bucket", "/")),
        ("s3://bucket//ev", ("s3", "bucket", "/ev/")),
        ("s3://bucket/a b/%20?x=1#[é] ", ("s3", "bucket", "a b/%20?x=1#[é] /")),
        ("s3://bucket/me@home:1", ("s3", "bucket", "me@home:1/")),
        ("gs://my_bucket.example.com/x", ("gs", "my_bucket.example.com", "x/")),
        ("az://$web/x", ("az", "$web", "x/")),
        ("file:///data/a%20b", ("file", "", "/data/a b")),
        ("file://localhost/data", ("file", "", "/data")),
        ("FILE:///data/%E9", ("file", "", "/data/\udce9")),
        ("/data/a%20b", ("file", "", "/data/a%20b")),
        ("data", ("file", "", "data")),
        ("me@home:1/data", ("file", "", "me@home:1/data")),
        ("/data/sig/eventName=a:b@c", ("file", "", "/data/sig/eventName=a:b@c")),
    ],
)
def test_a_url_is_a_folder(url, location):
    assert tuple(read_location(url)) == location


@pytest.mark.parametrize(
    "url",
    [
        "s3://AKIAEXAMPLE:secret@bucket/ev",
        "s3://AKIAEXAMPLE:sec/secret@bucket/ev",
        "gs://secret@bucket",
        "az://container/ev?sv=2024-11-04&sig=secret",
        "s3://bucket/ev?X-Amz-Credential=x&X-Amz-Signature=secret",
        "https://account.blob.core.windows.net/c?sig=secret",
        "abfss://c@account.dfs.core.windows.net/secret",
        "s3://bucket/ev?sig%253Dsecret",
        "//user:secret@host/x",
        "file://secret@host/x",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=secret==;EndpointSuffix=x.net",
        "account.blob.core.windows.net/c?sv=1&sig=secret",
        "//account.blob.core.windows.net/c?sv=1%26sig%3Dsecret",
        "/data?sig=secret",
        "az://container/ev;AccountKey=secret",
        "az://container/SharedAccessSignature=secret",
        "s3://bucket/ev?X-Amz-Security-Token=secret",
        "s3://bucket/ev#sig=secret",
        "s3://bucket/AWS_SECRET_ACCESS_KEY=secret",
        '{"aws_secret_access_key": "secret"}',
        "s3:AKIAEXAMPLE:secret@bucket",
        "user:secret@host:/data",
        " s3://AKIAEXAMPLE:secret@bucket",
        "'s3://AKIAEXAMPLE:secret@bucket'",
    ],
)
def test_credentials_are_refused_and_not_shown(url):
    with pytest.raises(SettingError) as raised:
        read_location(url)
    message = str(raised.value)
    assert message.startswith("export_files_url: ")
    assert "; " in message
    assert "secret" not in message


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("", "it is empty"),
        ("a\0b", "it is empty or has a NUL"),
        ("file:///a%00b", "it is empty or has a NUL"),
        ("a\ud83d", "half a character"),
        ("s3:/bucket", "neither a URL nor the path of a local folder; write s3://bucket/folder"),
        (" s3://bucket", "neither a URL nor the path of a local folder"),
        ("s3://", "is no name of a bucket; write s3://bucket/folder"),
        ("s3:///ev", "is no name of a bucket"),
        ("s3://my bucket/ev", "`my bucket` is no name of a bucket"),
        ("file://data/ev", "write file:///folder"),
        ("file://", "write file:///folder"),
        ("s3a://bucket/ev", "s3a:// is not known; write s3://bucket/folder"),
        ("gcs://bucket/ev", "gcs:// is not known; write gs://bucket/folder"),
        ("abfss://c/ev", "abfss:// is not known; write az://container/folder"),
        ("ftp://host/ev", "ftp:// is not known; write s3://"),
    ],
)
def test_what_is_no_folder_is_refused(url, message):
    with pytest.raises(SettingError, match=message):
        read_location(url)


def test_an_extra_that_is_not_installed_is_named(monkeypatch):
    clouds = {"s3": opening._CLOUDS["s3"]._replace(packages=("boto3", "not_there.at_all"))}
    monkeypatch.setattr(opening, "_CLOUDS", clouds)
    with pytest.raises(SettingError) as raised:
        open_store("s3://bucket/ev")
    assert str(raised.value) == (
        "export_files_url: s3:// needs boto3 and not_there.at_all; install tap-clevertap[s3]"
    )
