"""Azure Blob Storage on Azurite, which `make .venv/azurite/.complete` installs by npm."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from azure.storage.blob import ContainerClient, ContentSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTAINER = "exports"
PROGRAM = Path(__file__).parents[3] / ".venv/azurite/node_modules/.bin/azurite-blob"
OPTIONS = ("--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--silent")
# The SDK may be of a newer version of the API than Azurite.
OPTIONS += ("--skipApiVersionCheck", "--disableTelemetry")
LISTENS = re.compile(r"listens on (http://127\.0\.0\.1:\d+)")
START_SECONDS = 60
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""Of all Azurites; it is in their documentation."""


class AzureObjects:
    """A container of Azurite."""

    def __init__(self, address: str, container: str = CONTAINER) -> None:
        self.root = f"az://{container}/"
        self.endpoint = f"{address}/{ACCOUNT}"
        self.environment = self.through(self.endpoint)
        text = self.environment["AZURE_STORAGE_CONNECTION_STRING"]
        self.client = ContainerClient.from_connection_string(text, container)
        self.client.create_container()

    def through(self, address: str) -> dict[str, str]:
        """Return the variables that reach it by another server."""
        text = f"AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={address}"
        return {"AZURE_STORAGE_CONNECTION_STRING": text}

    def put_encoded(self, key: str, content: bytes) -> None:
        """Write a blob that is said to be gzipped."""
        self.put(key, content, content_settings=ContentSettings(content_encoding="gzip"))

    def put(self, key: str, content: bytes, **more: Any) -> None:
        """Write a blob; `more` are arguments of `upload_blob`."""
        self.client.upload_blob(key, content, overwrite=True, **more)

    def remove(self, key: str) -> None:
        self.client.delete_blob(key)


@contextmanager
def azure_objects() -> Iterator[AzureObjects]:
    """Yield a new container of a new server; skip the test where there is no Azurite."""
    node = shutil.which("node")
    if node is None or not PROGRAM.exists():
        pytest.skip("Azurite is not installed: it needs Node.js and npm, then make partners")
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w+b") as log:
        command = [node, str(PROGRAM), *OPTIONS]
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder
        )
        try:
            objects = AzureObjects(_address(server, Path(log.name)))
            yield objects
            objects.client.close()
        finally:
            server.terminate()
            server.wait(START_SECONDS)


def _address(server: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(START_SECONDS * 10):
        if found := LISTENS.search(log.read_text()):
            return found[1]
        assert server.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(log.read_text())
