"""What S3 refuses, in words: what is missing, and who can give it."""

from __future__ import annotations

import re
from http import HTTPStatus as Status
from typing import TYPE_CHECKING, Any

import botocore.exceptions as faults

from tap_clevertap._plugin.shown import shown, visible
from tap_clevertap.files.errors import FileChangedError, StoreError, UnreadFileError
from tap_clevertap.files.stores.continued import BrokenOffError
from tap_clevertap.files.stores.wording import FOREIGN_KEY, GONE, REPLACED

if TYPE_CHECKING:
    from tap_clevertap.files.stores.location import Location

DENIED = frozenset({"AccessDenied", "Forbidden", "403"})
CHANGED = {
    Status.NOT_FOUND: GONE,
    Status.PRECONDITION_FAILED: REPLACED,
    Status.REQUESTED_RANGE_NOT_SATISFIABLE: REPLACED,
}
NO_BUCKET = "NoSuchBucket"
WRONG_CREDENTIALS = frozenset(
    {
        "AuthorizationHeaderMalformed",
        "ExpiredToken",
        "InvalidAccessKeyId",
        "InvalidToken",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
    }
)
NO_CREDENTIALS = (
    faults.NoCredentialsError,
    faults.PartialCredentialsError,
    faults.CredentialRetrievalError,
    faults.TokenRetrievalError,
    faults.NoAuthTokenError,
    faults.SSOError,
    faults.LoginError,
    faults.ProfileNotFound,
    faults.ConfigParseError,
    faults.ConfigNotFound,
    faults.MetadataRetrievalError,
)
PASSING = frozenset({"SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable"})
"""Codes of failures that pass; boto3 has tried again already."""
_ACTION = re.compile(r"not authorized to perform: ([A-Za-z0-9-]+:[A-Za-z]+)")


def store_failure(error: Exception, location: Location) -> StoreError:
    """Return why a bucket cannot be listed, or no client be made."""
    if not isinstance(error, faults.ClientError):
        return StoreError(f"{location}: {_unreached(error)}")
    code, text, status = _read(error)
    if fault := _fault_of_bucket(NO_BUCKET if status == Status.NOT_FOUND else code, location):
        return StoreError(f"{location}: {fault}")
    if code in DENIED:
        return StoreError(_missing(_action(text, "s3:ListBucket"), location))
    return StoreError(f"{location}: S3 refuses to list it ({_shown(code, text)}); fix that")


def file_failure(
    error: Exception, location: Location
) -> StoreError | UnreadFileError | BrokenOffError:
    """Return why an object cannot be read."""
    if not isinstance(error, faults.ClientError):
        return StoreError(f"{location}: {_unreached(error)}")
    code, text, status = _read(error)
    if code in PASSING or status >= Status.INTERNAL_SERVER_ERROR:
        return BrokenOffError(visible(code))
    if fault := _fault_of_bucket(code, location):
        return StoreError(f"{location}: {fault}")
    if unread := _fault_of_file(code, text, status):
        return unread
    if code in DENIED:
        return StoreError(_missing(_action(text, "s3:GetObject"), location))
    return UnreadFileError(f"is refused by S3 ({_shown(code, text)}); fix that")


def _fault_of_file(code: str, text: str, status: int) -> UnreadFileError | None:
    if status in CHANGED:
        return FileChangedError(CHANGED[Status(status)])
    reason = ""
    if code == "InvalidObjectState":
        reason = "is archived (a class of S3 Glacier); restore it"
    if code.startswith("KMS."):
        reason = f"has a KMS key that cannot be used ({_shown(code, text)}); enable the key"
    if code == "InvalidRequest" and "encrypt" in text.lower():
        reason = FOREIGN_KEY
    return UnreadFileError(reason) if reason else None


def _fault_of_bucket(code: str, location: Location) -> str:
    if code == NO_BUCKET:
        return (
            f"there is no bucket {shown(location.bucket)}; check its name, and AWS_ENDPOINT_URL "
            "if it is on another server"
        )
    if code == "PermanentRedirect":
        return "the bucket is in another region; set AWS_REGION to its region"
    if code in WRONG_CREDENTIALS:
        return (
            f"S3 does not accept the credentials ({code}); renew them, and check AWS_REGION and "
            "this machine's clock"
        )
    return ""


def _missing(action: str, location: Location) -> str:
    whose = (
        "; if another account wrote the files, have it give them to the bucket's owner"
        if action == "s3:GetObject"
        else ""
    )
    return (
        f"{location}: the permission {action} is missing on bucket {shown(location.bucket)}; "
        f"add it to the policy of the user or role, and look for a denial in the bucket's{whose}"
    )


def _action(text: str, usual: str) -> str:
    """Return the permission that a refusal names, like `kms:Decrypt`."""
    found = _ACTION.search(text)
    return found[1] if found else usual


def _unreached(error: Exception) -> str:
    if isinstance(error, NO_CREDENTIALS):
        return (
            f"boto3 finds no usable credentials ({type(error).__name__}); set AWS_ACCESS_KEY_ID "
            "and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run where a role is given"
        )
    return (
        f"S3 cannot be reached ({type(error).__name__}); check the network, AWS_REGION, and "
        "AWS_ENDPOINT_URL if it is set"
    )


def _read(error: faults.ClientError) -> tuple[str, str, int]:
    """Return code, text and status of a refusal."""
    response: dict[str, Any] = error.response
    told = response.get("Error", {})
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return str(told.get("Code", "")), str(told.get("Message", "")), status


def _shown(code: str, text: str) -> str:
    return f"{visible(code)}: {shown(text)}"
