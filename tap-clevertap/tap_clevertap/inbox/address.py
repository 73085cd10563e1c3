"""The address of the receiver; without a secret only this machine may reach it."""

from __future__ import annotations

import errno
import ipaddress
import socket
from contextlib import suppress

from tap_clevertap._plugin.shown import shown
from tap_clevertap.errors import SettingError

ADVICE = {
    errno.EADDRINUSE: "another program listens there; choose another port, or end that program",
    errno.EACCES: "this user may not use it; choose a port above 1023",
    errno.EADDRNOTAVAIL: "this machine does not have that address; fix --host",
}


def bind(host: str, port: int, *, has_secret: bool) -> socket.socket:
    """Return a socket that is bound to an address, and does not listen so far.

    Args:
        host: An address or a name of this machine.
        port: 0 for any that is free.
        has_secret: Whether requests need one.

    Raises:
        SettingError: When other machines could reach it without a secret, or it cannot be bound.
    """
    try:
        found = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE | socket.AI_NUMERICSERV
        )
    except (OSError, UnicodeError):
        message = f"--host: {shown(host)} is no address of this machine; set one, as 127.0.0.1"
        raise SettingError(message) from None
    family, kind, protocol, _, address = found[0]
    if not has_secret and not _is_loopback(str(address[0])):
        message = (
            f"--host: {shown(host)} can be reached from other machines, and nobody would need a "
            "secret; set inbox_token, inbox_username and inbox_password, or inbox_header and "
            "inbox_header_value"
        )
        raise SettingError(message)
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1)  # else a second program could bind it too
    except OSError as error:
        listener.close()
        why = ADVICE.get(error.errno or 0, f"{error.strerror}; choose another")
        message = f"--port: {shown(host)}, port {port} cannot be used: {why}"
        raise SettingError(message) from None
    return listener


def _is_loopback(address: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    return False
