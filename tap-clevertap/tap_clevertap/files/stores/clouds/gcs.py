"""Files of a bucket of Google Cloud Storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from google.api_core.exceptions import GoogleAPIError
from google.auth.exceptions import GoogleAuthError
from google.cloud import storage
from google.cloud.storage.retry import DEFAULT_RETRY
from requests import RequestException
from urllib3.exceptions import HTTPError

from tap_clevertap.files.errors import FileChangedError
from tap_clevertap.files.store import FileInfo
from tap_clevertap.files.stores.clouds.gcs_failures import file_failure, store_failure
from tap_clevertap.files.stores.continued import continued
from tap_clevertap.files.stores.listing import files_below, in_order
from tap_clevertap.files.stores.parts import Parts
from tap_clevertap.files.stores.wording import REPLACED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clevertap.files.stores.location import Location

RETRY = DEFAULT_RETRY.with_timeout(60)
"""Seconds in which the SDK makes new connections, and continues one that broke off."""
FIELDS = "items(name,size,generation,updated),nextPageToken"
FAILURES = (GoogleAPIError, GoogleAuthError, RequestException, HTTPError, OSError, ValueError)
"""What the SDK raises; a ValueError is of settings that it cannot read."""


def make_store(location: Location) -> GcsStore:
    """Return the store of a folder; `open_store` calls it."""
    return GcsStore(location)


class GcsStore:
    """The objects below a prefix; see `FileStore`. Their version is their generation.

    Endpoint and credentials are those that google-cloud-storage finds.
    """

    def __init__(self, location: Location) -> None:
        self._location = location
        try:
            client = storage.Client(project=None)
        except FAILURES as error:
            raise store_failure(error, location) from None
        self._bucket = client.bucket(location.bucket)

    def list(self) -> Iterator[FileInfo]:
        """Yield all files; see `FileStore`."""
        yield from in_order(files_below(self._objects, self._location), self._location)

    def _objects(self, prefix: str) -> Iterator[FileInfo]:
        try:
            for blob in self._bucket.list_blobs(prefix=prefix, fields=FIELDS):
                yield FileInfo(blob.name, blob.size, str(blob.generation), blob.updated)
        except FAILURES as error:
            raise store_failure(error, self._location) from None

    def open(self, info: FileInfo) -> BinaryIO:
        """Return the bytes of a file; see `FileStore`."""

        def part(offset: int, count: int) -> bytes:
            return self._part(info, offset, count)

        return continued(lambda offset: Parts(part, offset, info.size), info.size)

    def _part(self, info: FileInfo, offset: int, count: int) -> bytes:
        """Return bytes as they are stored, also of an object with a Content-Encoding."""
        blob = self._bucket.blob(self._location.prefix + info.key)
        try:
            part: bytes = blob.download_as_bytes(
                start=offset,
                end=offset + count - 1,
                raw_download=True,
                if_generation_match=int(info.version),
                checksum=None,  # of parts there is none
                retry=RETRY,
            )
        except FAILURES as error:
            raise file_failure(error, self._location) from None
        if blob.generation not in {None, int(info.version)}:  # None of emulators
            raise FileChangedError(REPLACED)
        return part
