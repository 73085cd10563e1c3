"""What an SFTP server, or the way to it, does not let a run do."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

from target_clevertap._plugin.shown import shown
from target_clevertap.errors import UploadStopped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_clevertap.import_files.sftp_server import SftpServer

RUN_AGAIN = "the next run continues; files that are there are not sent again"


class SftpStopped(UploadStopped):
    """The server cannot be used; `code` is a stable name of the reason."""

    def __init__(self, message: str, code: str) -> None:
        """Say why, with what to do."""
        super().__init__(message)
        self.code = code


class SftpCut(Exception):  # noqa: N818 - what happened; it is tried again
    """The connection could not be made, or was lost; `str` says how, without a secret."""


@contextmanager
def told(server: SftpServer, action: str) -> Iterator[None]:
    """Raise what a call of the SSH library says in the words of this program.

    Args:
        server: Whose address the words have.
        action: What was tried, as in "cannot be written".

    Raises:
        SftpCut: When another try may help.
        SftpStopped: When it would not.
    """
    import asyncssh  # noqa: PLC0415 - an extra

    where = f"sftp_url: {server.address}"
    try:
        yield
    except asyncssh.HostKeyNotVerifiable:
        raise  # the connection knows which key was shown
    except asyncssh.PermissionDenied as error:
        message = (
            f"sftp_key_path: {server.address} does not take this key for the user of sftp_url; "
            "put its public key where CleverTap lists keys (Settings, Partners, SFTP), or name "
            "another"
        )
        raise SftpStopped(message, "key_refused") from error
    except asyncssh.SFTPError as error:
        raise _of_sftp(error, f"{where}: its folder {shown(server.folder)}", action) from error
    except asyncssh.KeyExchangeFailed as error:
        message = (
            f"{where} shares no algorithm or kind of host key with this client; check "
            "sftp_host_key, and ask who runs the server"
        )
        raise SftpStopped(message, "no_algorithm") from error
    except (asyncssh.Error, OSError, EOFError, asyncio.TimeoutError) as error:
        raise SftpCut(_cause(error)) from error


def _of_sftp(error: Exception, what: str, action: str) -> Exception:
    """Return the error for the status that an SFTP server answered with."""
    import asyncssh  # noqa: PLC0415 - an extra

    lost = (asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection)
    full = (asyncssh.SFTPNoSpaceOnFilesystem, asyncssh.SFTPQuotaExceeded)
    if isinstance(error, lost):
        return SftpCut("the connection was lost")
    if isinstance(error, (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath)):
        message = f"{what} is not there, or a file in it is gone; correct the URL, or make it"
        return SftpStopped(message, "no_folder")
    if isinstance(error, (asyncssh.SFTPPermissionDenied, asyncssh.SFTPWriteProtect)):
        message = f"{what} {action}: permission denied; ask who runs the server for access"
        return SftpStopped(message, "not_permitted")
    if isinstance(error, full):
        message = f"{what} {action}: its disk or quota is full; make room there, then run again"
        return SftpStopped(message, "full")
    message = (
        f"{what} {action}: the server gives no reason, as with a full disk or quota; look there, "
        f"then run again: {RUN_AGAIN}"
    )
    return SftpStopped(message, "failing")


def _cause(error: BaseException) -> str:
    """Return the kind of an error; its text may have what a server sent."""
    import asyncssh  # noqa: PLC0415 - an extra

    if isinstance(error, (TimeoutError, asyncio.TimeoutError)):
        return "no answer came in time"
    if isinstance(error, OSError):
        return error.strerror or "its name is not known, or it does not let itself be reached"
    if isinstance(error, asyncssh.ConnectionLost):
        return "the connection was lost"
    return f"the connection failed ({shown(type(error).__name__)})"
