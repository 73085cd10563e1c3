"""Stores to put export files into: a local folder, and clouds on servers of the tests' own.

```python
with started_store("s3") as store:           # or "local", "gcs", "azure"
    store.put_folder(folder, "ev")           # all files below a local folder
    store.put("ev/more.json", b"...")
    run_command(tap_command({"export_files_url": store.url("ev"), ...}), **store.environment)
```
"""

from __future__ import annotations

import json
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import boto3
import requests
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import ThreadedMotoServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PARTNERS = ("gcs", "azure")
"""Their SDKs and emulators are in the environment of `make partners` only."""
BUCKET = "exports"
S3_KEYS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


class Objects(Protocol):
    """A bucket, container or folder."""

    root: str
    """The URL of all of it, ending in `/`."""
    environment: dict[str, str]
    """With these variables a process reaches it."""

    def put(self, key: str, content: bytes) -> None: ...

    def remove(self, key: str) -> None: ...


@dataclass
class Store:
    """What a test puts files into."""

    objects: Objects

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which a process reaches it."""
        return self.objects.environment

    def url(self, folder: str = "") -> str:
        """Return the `export_files_url` of a folder."""
        return self.objects.root + folder

    def keeps(self, key: str) -> bool:
        """Return whether it can have a key; Azure makes `/` of each backslash."""
        return not (self.objects.root.startswith("az:") and "\\" in key)

    def put(self, key: str, content: bytes) -> None:
        """Write a file, or replace it."""
        self.objects.put(key, content)

    def put_folder(self, folder: Path, prefix: str = "") -> None:
        """Write all files below a local folder, by the same names."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(str(Path(prefix) / path.relative_to(folder)), path.read_bytes())

    def remove(self, key: str) -> None:
        """Delete a file."""
        self.objects.remove(key)


@contextmanager
def started_store(kind: str) -> Iterator[Store]:
    """Yield an empty store of a kind; its server ends with it."""
    module = import_module(f"tests.support.files.{kind}") if kind in PARTNERS else None
    objects = getattr(module, f"{kind}_objects") if module else MAKERS[kind]
    with objects() as made:
        yield Store(made)


class LocalObjects:
    """A folder."""

    def __init__(self, folder: Path) -> None:
        self.root = f"{folder}/"
        self.environment: dict[str, str] = {}

    def put(self, key: str, content: bytes) -> None:
        path = Path(self.root + key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def remove(self, key: str) -> None:
        Path(self.root + key).unlink()


class S3Objects:
    """A bucket of moto's S3."""

    def __init__(self, address: str, bucket: str = BUCKET) -> None:
        self.root = f"s3://{bucket}/"
        self.endpoint = address
        self.environment = self.through(address)
        self.bucket = bucket
        self.credentials = {
            "region_name": S3_KEYS["AWS_REGION"],
            "aws_access_key_id": S3_KEYS["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": S3_KEYS["AWS_SECRET_ACCESS_KEY"],
        }
        self.client = boto3.client("s3", endpoint_url=address, **self.credentials)
        self.client.create_bucket(Bucket=bucket)

    def through(self, address: str) -> dict[str, str]:
        """Return the variables that reach it by another server."""
        return {**S3_KEYS, "AWS_ENDPOINT_URL": address}

    def put_many(self, keys: Iterable[str]) -> None:
        """Write empty objects without requests."""
        kept = s3_backends[DEFAULT_ACCOUNT_ID]["aws"]
        for key in keys:
            kept.put_object(self.bucket, key, b"")

    @contextmanager
    def permissions(self, *actions: str) -> Iterator[dict[str, str]]:
        """Yield the keys of a user who may do these only; until then everybody may do all."""
        iam = boto3.client("iam", endpoint_url=self.endpoint, **self.credentials)
        iam.create_user(UserName="reader")
        key = iam.create_access_key(UserName="reader")["AccessKey"]
        allow = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        iam.put_user_policy(UserName="reader", PolicyName="reading", PolicyDocument=policy)
        self._require_credentials("0")
        try:
            yield {
                "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
            }
        finally:
            self._require_credentials("inf")
            iam.delete_user_policy(UserName="reader", PolicyName="reading")
            iam.delete_access_key(UserName="reader", AccessKeyId=key["AccessKeyId"])
            iam.delete_user(UserName="reader")
            iam.close()

    def _require_credentials(self, after: str) -> None:
        """Have moto check credentials after so many requests."""
        address = f"{self.endpoint}/moto-api/reset-auth"
        requests.post(address, data=after, timeout=30).raise_for_status()

    def put_encoded(self, key: str, content: bytes) -> None:
        """Write an object that is said to be gzipped."""
        self.put(key, content, ContentEncoding="gzip")

    def put(self, key: str, content: bytes, **more: str) -> None:
        """Write an object; `more` are arguments of boto3's `put_object`."""
        self.client.put_object(Bucket=self.bucket, Key=key, Body=content, **more)

    def remove(self, key: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=key)


@contextmanager
def local_objects() -> Iterator[LocalObjects]:
    """Yield a new folder."""
    with tempfile.TemporaryDirectory() as folder:
        yield LocalObjects(Path(folder))


@contextmanager
def s3_objects() -> Iterator[S3Objects]:
    """Yield a new bucket of a new server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        objects = S3Objects(f"http://{host}:{port}")
        yield objects
        objects.client.close()
    finally:
        server.stop()


MAKERS = {"local": local_objects, "s3": s3_objects}
