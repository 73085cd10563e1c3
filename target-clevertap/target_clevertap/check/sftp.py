"""The finding of the SFTP server: host key, login and folder; nothing is written there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap._plugin.findings import Finding, failed, fine
from target_clevertap._plugin.shown import shown
from target_clevertap.errors import SettingError
from target_clevertap.import_files.sftp import SftpDestination
from target_clevertap.import_files.sftp_errors import SftpStopped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_clevertap.config.settings import RunSettings
    from target_clevertap.import_files.sftp_server import SftpServer


def sftp_findings(settings: RunSettings) -> Iterator[Finding]:
    """Yield the finding of the server where a run uploads files."""
    if settings.files is not None and settings.files.server is not None:
        yield _finding(settings.files.server)


def _finding(server: SftpServer) -> Finding:
    try:
        destination = SftpDestination(server, pauses=())
    except SettingError as error:
        return failed("sftp", "extra_missing", error)
    except SftpStopped as error:
        return failed("sftp", error.code, error)
    try:
        destination.check()
    except SftpStopped as error:
        return failed("sftp", error.code, error)
    finally:
        destination.close()
    message = (
        f"{server.address} shows the trusted host key, takes the key of the settings, and has the "
        f"folder {shown(server.folder)}"
    )
    return fine("sftp", message)
