"""Files of a container of Azure Blob Storage."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from azure.core import MatchConditions
from azure.core.exceptions import AzureError

from tap_clevertap.files.store import FileInfo
from tap_clevertap.files.stores.clouds.azure_account import container_client
from tap_clevertap.files.stores.clouds.azure_failures import file_failure, store_failure
from tap_clevertap.files.stores.continued import continued
from tap_clevertap.files.stores.listing import files_below, in_order
from tap_clevertap.files.stores.parts import Parts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tap_clevertap.files.stores.location import Location

FOLDER = "hdi_isfolder"
"""In the metadata of what is a folder in an account with a hierarchical namespace."""


def make_store(location: Location) -> AzureStore:
    """Return the store of a folder; `open_store` calls it."""
    return AzureStore(location)


class AzureStore:
    """The blobs below a prefix; see `FileStore`. Their version is their ETag."""

    def __init__(self, location: Location) -> None:
        self._location = location
        self._client = container_client(location)

    def list(self) -> Iterator[FileInfo]:
        """Yield all files; see `FileStore`.

        They are sorted here, as accounts with a hierarchical namespace have another order.
        """
        yield from in_order(sorted(files_below(self._objects, self._location)), self._location)

    def _objects(self, prefix: str) -> Iterator[FileInfo]:
        try:
            for blob in self._client.list_blobs(name_starts_with=prefix, include=["metadata"]):
                if (blob.metadata or {}).get(FOLDER) != "true":
                    etag = blob.etag.strip('"')
                    yield FileInfo(blob.name, blob.size, etag, blob.last_modified)
        except AzureError as error:
            raise store_failure(error, self._location) from None

    def open(self, info: FileInfo) -> BinaryIO:
        """Return the bytes of a file; see `FileStore`."""

        def part(offset: int, count: int) -> bytes:
            return self._part(info, offset, count)

        return continued(lambda offset: Parts(part, offset, info.size), info.size)

    def _part(self, info: FileInfo, offset: int, count: int) -> bytes:
        """Return bytes as they are stored, also of a blob with a Content-Encoding."""
        blob = self._client.get_blob_client(self._location.prefix + info.key)
        try:
            download = blob.download_blob(
                offset=offset,
                length=count,
                etag=f'"{info.version}"',
                match_condition=MatchConditions.IfNotModified,
                decompress=False,
                max_concurrency=1,
            )
            part: bytes = download.readall()
        except AzureError as error:
            raise file_failure(error, self._location) from None
        return part
