"""Google Cloud Storage on gcp-storage-emulator, with what that leaves out.

It ignores conditions, lists all objects at once and tells no encoding; here they are as in the JSON
API: 412 for another generation, pages of at most a thousand objects, and `Content-Encoding`.
"""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from gcp_storage_emulator import server
from gcp_storage_emulator.handlers import objects
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BUCKET = "exports"
PAGE = 1000


class GcsObjects:
    """A bucket of the emulator."""

    def __init__(self, address: str, kept: Any, bucket: str = BUCKET) -> None:
        self._kept = kept
        self.root = f"gs://{bucket}/"
        self.endpoint = address
        self.environment = self.through(address)
        options = {"api_endpoint": address}
        self.client = storage.Client(
            project="test", credentials=AnonymousCredentials(), client_options=options
        )
        self.bucket = self.client.bucket(bucket)

    def through(self, address: str) -> dict[str, str]:
        """Return the variables that reach it by another server."""
        return {"STORAGE_EMULATOR_HOST": address}

    def put_many(self, keys: Iterable[str]) -> None:
        """Have many objects listed, without requests; they cannot be read."""
        one = {"size": "1", "generation": "1", "updated": "2025-10-28T11:42:01.000000Z"}
        listed = self._kept.objects.setdefault(self.bucket.name, {})
        listed.update({key: {"name": key, **one} for key in keys})

    def put_encoded(self, key: str, content: bytes) -> None:
        """Write an object that is said to be gzipped."""
        self.put(key, content, content_encoding="gzip")

    def put(self, key: str, content: bytes, **more: Any) -> None:
        """Write an object; `more` are its properties, like `content_encoding`."""
        blob = self.bucket.blob(key)
        for name, value in more.items():
            setattr(blob, name, value)
        # In one request of its own form: the emulator changes line ends in others.
        blob.upload_from_string(content, content_type="application/octet-stream")

    def remove(self, key: str) -> None:
        self.bucket.delete_blob(key)


@contextmanager
def gcs_objects() -> Iterator[GcsObjects]:
    """Yield a new bucket of a new server."""
    running = server.create_server("127.0.0.1", 0, in_memory=True, default_bucket=BUCKET)
    running.start()
    port = running._api._httpd.server_port
    try:
        gcs = GcsObjects(f"http://127.0.0.1:{port}", running._storage)
        yield gcs
        gcs.client.close()
    finally:
        running.stop()


def list_page(request: Any, response: Any, kept: Any) -> None:
    """Answer `objects.list` with one page."""
    asked = {name: values[0] for name, values in request.query.items()}
    if request.params["bucket_name"] not in kept.buckets:
        refuse(response, HTTPStatus.NOT_FOUND, "The specified bucket does not exist.")
        return
    found, _ = kept.get_file_list(request.params["bucket_name"], asked.get("prefix"))
    rest = [each for each in found if each["name"] > asked.get("pageToken", "")]
    page = rest[: min(PAGE, int(asked.get("maxResults", PAGE)))]
    more = {"nextPageToken": page[-1]["name"]} if len(page) < len(rest) else {}
    response.json({"kind": "storage#objects", "items": page, **more})


def download_if(request: Any, response: Any, kept: Any) -> None:
    """Answer a download with 412 if the generation is not the one that is asked for."""
    key = (request.params["bucket_name"], request.params["object_id"])
    wanted = request.query.get("ifGenerationMatch", [None])[0]
    found = kept.objects.get(key[0], {}).get(key[1])
    if found is None:
        refuse(response, HTTPStatus.NOT_FOUND, f"No such object: {'/'.join(key)}")
    elif wanted not in {None, found["generation"]}:
        refuse(response, HTTPStatus.PRECONDITION_FAILED, "A pre-condition did not hold.")
    else:
        response["X-Goog-Generation"] = found["generation"]
        if encoding := found.get("contentEncoding"):
            response["Content-Encoding"] = encoding
        objects.download(request, response, kept)


def refuse(response: Any, status: HTTPStatus, message: str) -> None:
    response.status = status
    response.json({"error": {"code": status, "message": message, "errors": []}})


def complete(handlers: Any) -> None:
    """Replace what the emulator leaves out."""
    for _, methods in handlers:
        if methods.get("GET") is objects.ls:
            methods["GET"] = list_page
        if methods.get("GET") is objects.download:
            methods["GET"] = download_if


complete(server.HANDLERS)
