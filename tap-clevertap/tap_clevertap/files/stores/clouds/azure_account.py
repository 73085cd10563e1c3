"""The account of a container: from the variables that Azure's own tools read."""

from __future__ import annotations

import os

from azure.core.exceptions import AzureError
from azure.identity import DefaultAzureCredential
from azure.storage.blob import ContainerClient, ExponentialRetry

from tap_clevertap.errors import SettingError
from tap_clevertap.files.stores.location import SETTING, Location

CONNECTION_STRING = "AZURE_STORAGE_CONNECTION_STRING"
ACCOUNT = ("AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_ACCOUNT_NAME")
KEY = ("AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY", "AZURE_STORAGE_ACCESS_KEY")
SAS = ("AZURE_STORAGE_SAS_TOKEN",)
ENDPOINT = ("AZURE_STORAGE_SERVICE_ENDPOINT", "AZURE_STORAGE_ENDPOINT")
"""Of each, the name that the `az` command reads, then those of other libraries."""
HOST = "blob.core.windows.net"


def container_client(location: Location) -> ContainerClient:
    """Return a client with the credentials that are found first.

    A connection string; else the account with its key, with a SAS token, or with what
    `DefaultAzureCredential` finds: a service principal, a managed identity, `az login`.

    Raises:
        SettingError: If no account is named, or a variable cannot be read; never with its value.
    """
    try:
        if text := os.environ.get(CONNECTION_STRING):
            return ContainerClient.from_connection_string(
                text, location.bucket, retry_policy=retries()
            )
        return ContainerClient(
            _account_url(), location.bucket, credential=_credential(), retry_policy=retries()
        )
    except (AzureError, ValueError, AttributeError, TypeError):
        # Their texts may have a part of a key.
        message = (
            f"{SETTING}: a variable AZURE_STORAGE_… cannot be read; copy it anew from the portal, "
            "Access keys"
        )
        raise SettingError(message) from None


def retries() -> ExponentialRetry:
    """Return how often the SDK asks again: four times within about 20 seconds."""
    return ExponentialRetry(initial_backoff=1, increment_base=2, retry_total=4)


def _account_url() -> str:
    if endpoint := _variable(ENDPOINT):
        return endpoint
    if account := _variable(ACCOUNT):
        return f"https://{account}.{HOST}"
    message = (
        f"{SETTING}: az:// needs the name of the storage account; set {CONNECTION_STRING}, or "
        f"{ACCOUNT[0]} and credentials"
    )
    raise SettingError(message)


def _credential() -> str | dict[str, str] | DefaultAzureCredential:
    if key := _variable(KEY):
        return {"account_name": _variable(ACCOUNT), "account_key": key}
    return _variable(SAS).removeprefix("?") or DefaultAzureCredential()


def _variable(names: tuple[str, ...]) -> str:
    """Return the value of a variable with one of these names; empty if there is none."""
    found = {name: value for name in names if (value := os.environ.get(name))}
    if len(set(found.values())) > 1:
        message = f"{SETTING}: {' and '.join(found)} differ; unset all but one"
        raise SettingError(message)
    return next(iter(found.values()), "")
