"""What Google Cloud Storage refuses, in words: what is missing, and who can give it."""

from __future__ import annotations

import re
from http import HTTPStatus as Status
from typing import TYPE_CHECKING

from google.api_core.exceptions import GoogleAPICallError
from google.auth.exceptions import GoogleAuthError, TransportError

from tap_clevertap._plugin.shown import shown
from tap_clevertap.files.errors import FileChangedError, StoreError, UnreadFileError
from tap_clevertap.files.stores.wording import FOREIGN_KEY, GONE, REPLACED

if TYPE_CHECKING:
    from tap_clevertap.files.stores.location import Location

CHANGED = {
    Status.NOT_FOUND: GONE,
    Status.NOT_MODIFIED: REPLACED,
    Status.PRECONDITION_FAILED: REPLACED,
    Status.REQUESTED_RANGE_NOT_SATISFIABLE: REPLACED,
}
_PERMISSION = re.compile(r"\b(?:storage|cloudkms|serviceusage)\.[A-Za-z]+\.[A-Za-z]+\b")


def store_failure(error: Exception, location: Location) -> StoreError:
    """Return why a bucket cannot be listed, or no client be made."""
    if not isinstance(error, GoogleAPICallError):
        return StoreError(f"{location}: {_unreached(error)}")
    if error.code == Status.NOT_FOUND:
        message = f"there is no bucket {shown(location.bucket)}; check its name"
        return StoreError(f"{location}: {message}")
    if fault := _fault_of_access(error, location, "storage.objects.list"):
        return StoreError(f"{location}: {fault}")
    return StoreError(f"{location}: Google refuses to list it ({_told(error)}); fix that")


def file_failure(error: Exception, location: Location) -> StoreError | UnreadFileError:
    """Return why an object cannot be read, after the SDK has tried again for some time."""
    if not isinstance(error, GoogleAPICallError):
        return StoreError(f"{location}: {_unreached(error)}")
    if fault := _fault_of_access(error, location, "storage.objects.get"):
        return StoreError(f"{location}: {fault}")
    return _fault_of_file(error)


def _fault_of_file(error: GoogleAPICallError) -> UnreadFileError:
    if error.code in CHANGED:
        return FileChangedError(CHANGED[error.code])
    if "customer-supplied encryption key" in error.message:
        return UnreadFileError(FOREIGN_KEY)
    return UnreadFileError(f"Google refuses to send it ({_told(error)}); fix that")


def _fault_of_access(error: GoogleAPICallError, location: Location, usual: str) -> str:
    if error.code == Status.UNAUTHORIZED:
        return "Google does not accept the credentials (401); renew GOOGLE_APPLICATION_CREDENTIALS"
    if error.code == Status.FORBIDDEN:
        found = _PERMISSION.search(error.message)
        return (
            f"the permission {found[0] if found else usual} is missing on bucket "
            f"{shown(location.bucket)}; give the account the role Storage Object Viewer, or for a "
            "cloudkms permission the role Cloud KMS CryptoKey Decrypter"
        )
    return ""


def _unreached(error: Exception) -> str:
    if isinstance(error, GoogleAuthError) and not isinstance(error, TransportError):
        return (
            f"google-cloud-storage finds no usable credentials ({type(error).__name__}); set "
            "GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`"
        )
    return (
        f"Google Cloud Storage cannot be reached ({type(error).__name__}); check the network, "
        "GOOGLE_APPLICATION_CREDENTIALS, and STORAGE_EMULATOR_HOST if it is set"
    )


def _told(error: GoogleAPICallError) -> str:
    return f"{error.code}: {shown(error.message)}"
