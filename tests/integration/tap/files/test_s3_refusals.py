"""What S3 refuses and moto does not: each refusal is named with what to do."""

from __future__ import annotations

import pytest

from tap_clevertap.files.errors import StoreError, UnreadFileError
from tap_clevertap.files.stores import continued
from tap_clevertap.files.stores.opening import open_store
from tests.support.files.breaking_server import Refusal, breaking_server
from tests.support.files.stores import started_store

LISTING, FILE = "list-type=2", "/exports/ev/a"
NO_DECRYPT = (
    "User: arn:aws:sts::111122223333:assumed-role/reader/x is not authorized to perform: "
    "kms:Decrypt on the resource associated with this ciphertext because no identity-based policy "
    "allows the kms:Decrypt action"
)
CUSTOMER_KEY = (
    "The object was stored using a form of Server Side Encryption. The correct parameters must be "
    "provided to retrieve the object."
)


@pytest.fixture(scope="module")
def front():
    with (
        started_store("s3") as store,
        breaking_server(store.objects.endpoint) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        store.put("ev/a", b"1")
        for name, value in store.objects.through(server.address).items():
            patch.setenv(name, value)
        patch.setenv("AWS_MAX_ATTEMPTS", "1")
        patch.setattr(continued, "FIRST_PAUSE", 0.001)
        yield server, open_store("s3://exports/ev")


@pytest.fixture
def server(front):
    front[0].refusals = {}
    return front[0]


@pytest.fixture
def opened(front):
    return front[1]


def refused(code, status, text):
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{text}</Message></Error>"
    return Refusal(status, body, (("Content-Type", "application/xml"),))


@pytest.mark.parametrize(
    ("code", "status", "text", "message"),
    [
        ("AccessDenied", 403, "Access Denied", "permission s3:ListBucket is missing on bucket"),
        ("NoSuchBucket", 404, "The bucket does not exist", "there is no bucket `exports`; check"),
        ("ExpiredToken", 400, "The token has expired", r"credentials \(ExpiredToken\); renew them"),
        ("RequestTimeTooSkewed", 403, "Too large", r"\(RequestTimeTooSkewed\); renew .* clock"),
        ("PermanentRedirect", 301, "Use the endpoint", "in another region; set AWS_REGION"),
        ("AllAccessDisabled", 403, "\u200boff", r"list it \(AllAccessDisabled: `\\u200boff`\)"),
        ("InternalError", 500, "We had an error", r"list it \(InternalError: `We had an error`\)"),
    ],
)
def test_a_listing_that_is_refused(server, opened, code, status, text, message):
    server.refusals[LISTING] = refused(code, status, text)
    with pytest.raises(StoreError, match=rf"^s3://exports/ev/: .*{message}"):
        list(opened.list())


@pytest.mark.parametrize(
    ("code", "status", "text", "error", "message"),
    [
        ("AccessDenied", 403, "Access Denied", StoreError, "permission s3:GetObject is missing"),
        ("AccessDenied", 403, NO_DECRYPT, StoreError, "permission kms:Decrypt is missing"),
        ("ExpiredToken", 400, "It has expired", StoreError, r"\(ExpiredToken\); renew them"),
        (
            "KMS.DisabledException",
            400,
            "k is off",
            UnreadFileError,
            "has a KMS key that cannot be used",
        ),
        ("InvalidRequest", 400, CUSTOMER_KEY, UnreadFileError, "a key that only its writer has"),
        (
            "InvalidRequest",
            400,
            "Other",
            UnreadFileError,
            r"refused by S3 \(InvalidRequest: `Other`\)",
        ),
        ("SlowDown", 503, "Reduce the rate", UnreadFileError, r"9 times in a row .*\(SlowDown\)"),
    ],
)
def test_a_file_that_is_refused(server, opened, code, status, text, error, message):
    (info,) = opened.list()
    server.refusals[FILE] = refused(code, status, text)
    with pytest.raises(error, match=message) as raised, opened.open(info) as file:
        file.read()
    assert type(raised.value) is error
