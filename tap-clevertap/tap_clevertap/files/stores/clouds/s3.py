"""Files of a bucket of S3, or of a server that speaks its API."""

from __future__ import annotations

from datetime import timezone
from typing import TYPE_CHECKING, Any, BinaryIO

import boto3
import botocore.exceptions as faults
from urllib3.exceptions import HTTPError

from tap_clevertap.files.errors import FileChangedError, UnreadFileError
from tap_clevertap.files.store import FileInfo
from tap_clevertap.files.stores.clouds.s3_failures import file_failure, store_failure
from tap_clevertap.files.stores.continued import BrokenOffError, continued
from tap_clevertap.files.stores.listing import files_below, in_order
from tap_clevertap.files.stores.wording import REPLACED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_clevertap.files.stores.location import Location

DIRECTORY_BUCKET = "--x-s3"
"""The end of the names of buckets whose listings are not sorted [S3 Express One Zone]."""
BROKEN = (faults.HTTPClientError, faults.ConnectionError, faults.IncompleteReadError, HTTPError)
"""What a connection raises that breaks while a body is read."""


def make_store(location: Location) -> S3Store:
    """Return the store of a folder; `open_store` calls it."""
    return S3Store(location)


class S3Store:
    """The objects below a prefix; see `FileStore`. Their version is their ETag.

    Region, endpoint, credentials, retries and timeouts are those that boto3 finds.
    """

    def __init__(self, location: Location) -> None:
        self._location = location
        try:
            self._client = boto3.Session().client("s3")
        except (faults.BotoCoreError, ValueError) as error:
            raise store_failure(error, location) from None

    def list(self) -> Iterator[FileInfo]:
        """Yield all files; see `FileStore`."""
        files: Iterable[FileInfo] = files_below(self._objects, self._location)
        if self._location.bucket.endswith(DIRECTORY_BUCKET):
            files = sorted(files)
        yield from in_order(files, self._location)

    def _objects(self, prefix: str) -> Iterator[FileInfo]:
        pages = self._client.get_paginator("list_objects_v2")
        try:
            for page in pages.paginate(Bucket=self._location.bucket, Prefix=prefix):
                for found in page.get("Contents", ()):
                    yield _info(found)
        except (faults.BotoCoreError, faults.ClientError, HTTPError) as error:
            raise store_failure(error, self._location) from None

    def open(self, info: FileInfo) -> BinaryIO:
        """Return the bytes of a file; see `FileStore`."""
        return continued(lambda offset: self._request(info, offset), info.size)

    def _request(self, info: FileInfo, offset: int) -> _Body:
        part = {"Range": f"bytes={offset}-"} if offset else {}
        try:
            answer = self._client.get_object(
                Bucket=self._location.bucket,
                Key=self._location.prefix + info.key,
                IfMatch=f'"{info.version}"',
                **part,
            )
        except (faults.BotoCoreError, faults.ClientError, HTTPError) as error:
            raise file_failure(error, self._location) from None
        body = _Body(answer["Body"])
        try:
            _check(answer, info, offset)
        except BaseException:
            body.close()
            raise
        return body


class _Body:
    """The body of one response, in the bytes that are stored, whatever its Content-Encoding."""

    def __init__(self, body: Any) -> None:  # noqa: ANN401 - botocore has no types
        self._body = body

    def read(self, size: int) -> bytes:
        """Return at most so many bytes; see `Body`."""
        try:
            some: bytes = self._body.read(size)
        except BROKEN as error:
            raise BrokenOffError(type(error).__name__) from error
        except faults.FlexibleChecksumError:
            message = "came with other bytes than those of its checksum; check the network"
            raise UnreadFileError(message) from None
        return some

    def close(self) -> None:
        """End the connection."""
        self._body.close()


def _info(found: dict[str, Any]) -> FileInfo:
    modified = found["LastModified"].astimezone(timezone.utc)
    return FileInfo(found["Key"], found["Size"], found["ETag"].strip('"'), modified)


def _check(answer: dict[str, Any], info: FileInfo, offset: int) -> None:
    """Check a response of a server that may not know If-Match or Range."""
    if answer["ETag"].strip('"') != info.version:
        raise FileChangedError(REPLACED)
    expected = f"bytes {offset}-" if offset else ""
    if not answer.get("ContentRange", "").startswith(expected):
        message = (
            f"broke off at byte {offset}, and the server cannot continue it; check the network"
        )
        raise UnreadFileError(message)
    if answer["ContentLength"] != info.size - offset:
        message = (
            f"came with {offset + answer['ContentLength']} bytes, where {info.size} were listed"
        )
        raise FileChangedError(message)
