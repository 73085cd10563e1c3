"""Where the files are: the parts of `export_files_url`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from typing_extensions import override

from tap_clevertap._plugin.shown import shown, visible
from tap_clevertap.errors import SettingError

SETTING = "export_files_url"
LOCAL = "file"
CLOUDS = ("s3", "gs", "az")
"""Schemes whose URLs have a bucket or container, and the folder as it is, without escapes."""

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(.*)", re.DOTALL)
_BUCKET = re.compile(r"[A-Za-z0-9$._-]+")
_SECRET = re.compile(
    r"""(?<![a-z0-9])(?:sig|signature|(?:x-(?:amz|goog)-)(?:signature|credential|security-token)
    |account_?key|shared_?access_?(?:signature|key)|(?:secret|secret_?access)_?key)["']?\s*[=:]
    |aws_?secret""",
    re.IGNORECASE | re.VERBOSE,
)
"""In a signed URL, a connection string or the settings of a cloud, wherever it was pasted from."""
_NOT_A_PATH = re.compile(r"(?:s3|gs|az|file):|(?://)?[^/]*:[^/]*@|.*://", re.DOTALL | re.IGNORECASE)
"""What no local path begins with: a URL with a typing error, or a user before a host."""
_NO_TEXT = "it is empty or has a NUL character; set a folder or a URL"
_WRITE = (
    "write s3://bucket/folder, gs://bucket/folder, az://container/folder, or the path of a local "
    "folder"
)
_NEITHER = f"it is neither a URL nor the path of a local folder; {_WRITE}"
_CREDENTIALS = f"it holds credentials; {_WRITE}, and give credentials as environment variables"
_KNOWN_AS = {
    "s3a": "s3",
    "s3n": "s3",
    "gcs": "gs",
    "abfs": "az",
    "abfss": "az",
    "adl": "az",
    "azure": "az",
    "wasb": "az",
    "wasbs": "az",
}
"""What other programs call them."""


class Location(NamedTuple):
    """A folder of a store."""

    scheme: str
    """`file`, `s3`, `gs` or `az`."""
    bucket: str
    """Or container; empty for a local folder."""
    prefix: str
    """Of the keys below the folder: empty, or ends in `/`. Of a local folder its path."""

    @property
    def whole(self) -> str:
        """The URL, or of a local folder its absolute path: the same wherever a process runs."""
        if self.scheme == LOCAL:
            return str(Path(self.prefix).absolute())
        return f"{self.scheme}://{self.bucket}/{self.prefix}"

    @override
    def __str__(self) -> str:
        if self.scheme == LOCAL:
            return visible(self.prefix)
        return visible(self.whole)


def read_location(url: str) -> Location:
    """Return the folder that a URL or a local path names.

    Args:
        url: `s3://bucket/folder`, `gs://…`, `az://…`, `file:///folder` or a path.

    Raises:
        SettingError: If it names none, or has credentials; its message does not show them.
    """
    _check_text(url)
    found = _URL.fullmatch(url)
    if found is None:
        if _NOT_A_PATH.match(url):
            raise _fault(_NEITHER)
        return Location(LOCAL, "", url)
    scheme, rest = found[1].lower(), found[2]
    if scheme == LOCAL:
        return Location(LOCAL, "", _local_path(rest))
    if scheme not in CLOUDS:
        raise _fault(_unknown(scheme))
    bucket, _, prefix = rest.partition("/")
    if {"@", ":"} & set(bucket):
        message = (
            "it holds credentials, or something else than a bucket before its first `/`; "
            f"write {scheme}://bucket/folder, and give credentials as environment variables"
        )
        raise _fault(message)
    if not _BUCKET.fullmatch(bucket):
        message = f"{shown(bucket)} is no name of a bucket; write {scheme}://bucket/folder"
        raise _fault(message)
    return Location(scheme, bucket, prefix if prefix.endswith("/") or not prefix else f"{prefix}/")


def _check_text(url: str) -> None:
    """Refuse what no store can be asked for."""
    if not url or "\0" in url:
        raise _fault(_NO_TEXT)
    decoded = url
    while _SECRET.search(decoded) is None and (once_more := unquote(decoded)) != decoded:
        decoded = once_more
    if _SECRET.search(decoded):
        raise _fault(_CREDENTIALS)
    try:
        url.encode()
    except UnicodeEncodeError:
        message = "it has half a character (a lone surrogate); write it as UTF-8"
        raise _fault(message) from None


def _local_path(rest: str) -> str:
    host, slash, path = rest.partition("/")
    if host not in {"", "localhost"} or not slash:
        message = "a file URL has an absolute path; write file:///folder"
        raise _fault(message)
    decoded = unquote(slash + path, errors="surrogateescape")
    if "\0" in decoded:
        raise _fault(_NO_TEXT)
    return decoded


def _unknown(scheme: str) -> str:
    if meant := _KNOWN_AS.get(scheme):
        names = "container" if meant == "az" else "bucket"
        return f"{scheme}:// is not known; write {meant}://{names}/folder"
    return f"{visible(scheme)}:// is not known; {_WRITE}"


def _fault(message: str) -> SettingError:
    return SettingError(f"{SETTING}: {message}")
