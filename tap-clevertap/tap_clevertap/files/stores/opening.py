"""The store of a URL."""

from __future__ import annotations

import logging
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple, cast

from tap_clevertap.errors import SettingError
from tap_clevertap.files.stores.local import LocalStore
from tap_clevertap.files.stores.location import LOCAL, SETTING, read_location

if TYPE_CHECKING:
    from tap_clevertap.files.store import FileStore


class _Cloud(NamedTuple):
    """What a scheme needs."""

    module: str
    """It has `make_store`."""
    extra: str
    packages: tuple[str, ...]
    loggers: tuple[str, ...]
    """They log each request, some with signatures."""


_CLOUDS = {
    "s3": _Cloud("s3", "s3", ("boto3",), ("boto3", "botocore")),
    "gs": _Cloud("gcs", "gcs", ("google.cloud.storage",), ("google",)),
    "az": _Cloud("azure", "azure", ("azure.storage.blob", "azure.identity"), ("azure", "msal")),
}


def open_store(url: str) -> FileStore:
    """Return the store of a folder; nothing is asked of it yet.

    Args:
        url: `s3://bucket/folder`, `gs://bucket/folder`, `az://container/folder`,
            `file:///folder` or a local path. A folder ends at a `/`: that of `s3://b/ev` has no
            file of `ev-other/`. Credentials are those that the SDK of the cloud finds.

    Raises:
        SettingError: If the URL is wrong or has credentials, or an extra is not installed.
        StoreError: If the credentials or settings of the cloud cannot be used.
    """
    location = read_location(url)
    if location.scheme == LOCAL:
        return LocalStore(location.prefix)
    cloud = _CLOUDS[location.scheme]
    if not all(map(_is_installed, cloud.packages)):
        message = (
            f"{SETTING}: {location.scheme}:// needs {' and '.join(cloud.packages)}; "
            f"install tap-clevertap[{cloud.extra}]"
        )
        raise SettingError(message)
    for name in (*cloud.loggers, "urllib3"):
        logging.getLogger(name).setLevel(logging.ERROR)
    module = import_module(f"tap_clevertap.files.stores.clouds.{cloud.module}")
    return cast("FileStore", module.make_store(location))


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # not even what it is in
        return False
