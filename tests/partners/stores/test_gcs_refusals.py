"""What Google Cloud Storage refuses and the emulator does not: each is named with what to do."""

from __future__ import annotations

import json

import pytest
from google.cloud.storage.retry import DEFAULT_RETRY

from tap_clevertap.files.errors import FileChangedError, StoreError, UnreadFileError
from tap_clevertap.files.stores.clouds import gcs
from tap_clevertap.files.stores.opening import open_store
from tests.support.files.breaking_server import Refusal, breaking_server
from tests.support.files.stores import started_store

LISTING, FILE = "/b/exports/o?", "/o/ev%2Fa?alt=media"
NO_LIST = (
    "reader@p.iam.gserviceaccount.com does not have storage.objects.list access to the Google "
    "Cloud Storage bucket. Permission 'storage.objects.list' denied on resource (or it may not "
    "exist)."
)
NO_GET = NO_LIST.replace(".list", ".get").replace("bucket.", "object.")
NO_KMS = (
    "Permission denied on Cloud KMS key. Please ensure that your Cloud Storage service account has "
    "been authorized to use this key."
)
CUSTOMER_KEY = "The target object is encrypted by a customer-supplied encryption key."


@pytest.fixture(scope="module")
def front():
    with (
        started_store("gcs") as store,
        breaking_server(store.objects.endpoint) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        store.put("ev/a", b"1")
        for name, value in store.objects.through(server.address).items():
            patch.setenv(name, value)
        patch.setattr(gcs, "RETRY", DEFAULT_RETRY.with_timeout(0.1))
        yield server, open_store("gs://exports/ev")


@pytest.fixture
def server(front):
    front[0].refusals = {}
    return front[0]


@pytest.fixture
def opened(front):
    return front[1]


def refused(status, text):
    body = json.dumps({"error": {"code": status, "message": text, "errors": []}})
    return Refusal(status, body, (("Content-Type", "application/json"),))


@pytest.mark.parametrize(
    ("status", "text", "message"),
    [
        (403, NO_LIST, "permission storage.objects.list is missing on bucket `exports`; give the"),
        (403, "Billing is off", r"refuses bucket `exports` \(403: `Billing is off`\)"),
        (404, "The specified bucket does not exist.", "there is no bucket `exports`; check"),
        (401, "Invalid Credentials", "finds no usable credentials"),
        (400, "Bad", r"refuses to list it \(400: `Bad`\)"),
    ],
)
def test_a_listing_that_is_refused(server, opened, status, text, message):
    server.refusals[LISTING] = refused(status, text)
    with pytest.raises(StoreError, match=rf"^gs://exports/ev/: .*{message}"):
        list(opened.list())


@pytest.mark.parametrize(
    ("status", "text", "error", "message"),
    [
        (403, NO_GET, StoreError, "permission storage.objects.get is missing on bucket `exports`"),
        (403, NO_KMS, StoreError, "may not use the KMS key of bucket `exports`; give its service"),
        (404, "No such object", FileChangedError, "is gone since it was listed"),
        (412, "conditionNotMet", FileChangedError, "was replaced after it was listed"),
        (400, CUSTOMER_KEY, UnreadFileError, "a key that only its writer has"),
        (400, "Bad", UnreadFileError, r"refused by Google \(400: `.*Bad"),
        (503, "Busy", StoreError, r"cannot be reached \(RetryError\)"),
    ],
)
def test_a_file_that_is_refused(server, opened, status, text, error, message):
    (info,) = opened.list()
    server.refusals[FILE] = refused(status, text)
    with pytest.raises(error, match=message) as raised, opened.open(info) as file:
        file.read()
    assert type(raised.value) is error


def test_credentials_that_are_missing_are_named(monkeypatch, tmp_path):
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    with pytest.raises(StoreError, match=r"finds no usable credentials \(DefaultCredentialsError"):
        open_store("gs://exports/ev")
