"""What Azure refuses, in words: what is missing, and who can give it."""

from __future__ import annotations

from http import HTTPStatus as Status
from typing import TYPE_CHECKING

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
)

from tap_clevertap._plugin.shown import shown, visible
from tap_clevertap.files.errors import FileChangedError, StoreError, UnreadFileError
from tap_clevertap.files.stores.continued import BrokenOffError
from tap_clevertap.files.stores.wording import FOREIGN_KEY, GONE, REPLACED

if TYPE_CHECKING:
    from tap_clevertap.files.stores.location import Location

CONTAINER = {
    "AccountIsDisabled": "the storage account is disabled; enable it",
    "AuthorizationFailure": "the account does not let this machine or shared keys in; check its "
    "Networking and Configuration",
    "ContainerBeingDeleted": "the container is being deleted; check its name",
    "ContainerNotFound": "there is no such container; check its name and the account",
    "InvalidResourceName": "this is no name of a container; check it",
    "KeyBasedAuthenticationNotPermitted": "shared keys are off; unset the key, and use a login",
    "NoAuthenticationInformation": "no credentials were sent; check AZURE_STORAGE_…",
    "PublicAccessNotPermitted": "no credentials were sent; check AZURE_STORAGE_…",
}
"""By Azure's code, what concerns the whole container."""
BLOB = {
    "BlobArchived": "is in the archive tier; rehydrate it",
    "BlobBeingRehydrated": "is still being rehydrated from the archive tier; run again later",
    "BlobUsesCustomerSpecifiedEncryption": FOREIGN_KEY,
}
"""By Azure's code, what concerns one blob."""
CHANGED = {
    Status.NOT_FOUND: GONE,
    Status.NOT_MODIFIED: REPLACED,
    Status.PRECONDITION_FAILED: REPLACED,
    Status.REQUESTED_RANGE_NOT_SATISFIABLE: REPLACED,
}
PASSING = frozenset({Status.OK, Status.PARTIAL_CONTENT})
"""The SDK gives the status of a response whose body broke off."""
THROTTLED = frozenset({Status.REQUEST_TIMEOUT, Status.TOO_MANY_REQUESTS})


def store_failure(error: AzureError, location: Location) -> StoreError:
    """Return why a container cannot be listed."""
    if fault := _fault_of_container(error, location, "list"):
        return StoreError(f"{location}: {fault}")
    if isinstance(error, HttpResponseError) and error.status_code:
        return StoreError(f"{location}: Azure refuses to list it ({_told(error)}); fix that")
    return StoreError(f"{location}: {_unreached(error)}")


def file_failure(
    error: AzureError, location: Location
) -> StoreError | UnreadFileError | BrokenOffError:
    """Return why a blob cannot be read."""
    status = _status(error)
    if fault := _fault_of_container(error, location, "read"):
        return StoreError(f"{location}: {fault}")
    if isinstance(error, ServiceRequestError):
        return StoreError(f"{location}: {_unreached(error)}")
    if not isinstance(error, HttpResponseError) or not status:
        return BrokenOffError(type(error).__name__)
    if status in PASSING | THROTTLED or status >= Status.INTERNAL_SERVER_ERROR:
        return BrokenOffError(f"status {status}")
    if status in CHANGED:
        return FileChangedError(CHANGED[Status(status)])
    known = BLOB.get(_code(error))
    return UnreadFileError(known or f"is refused by Azure ({_told(error)}); fix that")


def _fault_of_container(error: AzureError, location: Location, verb: str) -> str:
    """Return what is wrong with credentials or container; empty for another failure."""
    code, status = _code(error), _status(error)
    if code in CONTAINER:
        return CONTAINER[code]
    if code.startswith("KeyVault"):
        return f"the key that encrypts it cannot be used ({visible(code)}); check the key vault"
    if isinstance(error, ClientAuthenticationError) or status == Status.UNAUTHORIZED:
        return (
            f"Azure does not accept the credentials ({visible(code) or type(error).__name__}); "
            "renew the variables AZURE_STORAGE_…, or run `az login`, and check this machine's clock"
        )
    if status == Status.FORBIDDEN:
        return (
            f"the permission to {verb} blobs is missing on container {shown(location.bucket)}; "
            "give the account the role Storage Blob Data Reader, or the SAS token the rights r "
            "and l on the container"
        )
    return ""


def _unreached(error: AzureError) -> str:
    return (
        f"Azure cannot be reached ({type(error).__name__}); check the network and the name of the "
        "account"
    )


def _status(error: AzureError) -> int:
    return int(getattr(error, "status_code", None) or 0)


def _code(error: AzureError) -> str:
    """Return Azure's own code of a refusal."""
    code = getattr(error, "error_code", None) or ""
    return str(getattr(code, "value", code))


def _told(error: HttpResponseError) -> str:
    return f"{error.status_code}: {visible(_code(error)) or shown(error.reason)}"
