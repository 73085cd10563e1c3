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
_ADDRESS = re.compile(r"[A-Z]+ https?://\S+: ")
"""How the SDK begins a message."""
_PERMISSION = re.compile(r"\b(?:storage|serviceusage)\.[A-Za-z]+\.[A-Za-z]+\b")


def store_failure(error: Exception, location: Location) -> StoreError:
    """Return why a bucket cannot be listed, or no client be made."""
    if not isinstance(error, GoogleAPICallError):
        return StoreError(f"{location}: {_unreached(error)}")
    if error.code == Status.NOT_FOUND:
        message = f"there is no bucket {shown(location.bucket)}; check its name"
        return StoreError(f"{location}: {message}")
    if fault := _fault_of_access(error, location):
        return StoreError(f"{location}: {fault}")
    return StoreError(f"{location}: Google refuses to list it ({_told(error)}); fix that")


def file_failure(error: Exception, location: Location) -> StoreError | UnreadFileError:
    """Return why an object cannot be read, after the SDK has tried again for some time."""
    if not isinstance(error, GoogleAPICallError):
        return StoreError(f"{location}: {_unreached(error)}")
    if fault := _fault_of_access(error, location):
        return StoreError(f"{location}: {fault}")
    return _fault_of_file(error)


def _fault_of_file(error: GoogleAPICallError) -> UnreadFileError:
    if error.code in CHANGED:
        return FileChangedError(CHANGED[error.code])
    if "customer-supplied encryption key" in error.message:
        return UnreadFileError(FOREIGN_KEY)
    return UnreadFileError(f"is refused by Google ({_told(error)}); fix that")


def _fault_of_access(error: GoogleAPICallError, location: Location) -> str:
    if error.code != Status.FORBIDDEN:
        return ""
    bucket = f"bucket {shown(location.bucket)}"
    if "KMS" in error.message:
        return (
            f"Cloud Storage may not use the KMS key of {bucket}; give its service agent the role "
            "Cloud KMS CryptoKey Encrypter/Decrypter"
        )
    if found := _PERMISSION.search(error.message):
        return (
            f"the permission {found[0]} is missing on {bucket}; give the account the role Storage "
            "Object Viewer on it"
        )
    return (
        f"Google refuses {bucket} ({_told(error)}); give the account the role Storage Object "
        "Viewer on it, or fix what the text names"
    )


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
    return f"{error.code}: {shown(_ADDRESS.sub('', error.message))}"
