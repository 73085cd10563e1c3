# Source: tap-clevertap/tap_clevertap/_plugin/account.py; copies: `make vendor`
"""The account and host that a state or a ledger belongs to.

Both plugins must use the same name for a host, so this file is equal in both.
"""

from __future__ import annotations

import ipaddress
import socket
from hashlib import blake2b
from urllib.parse import urlsplit

THIS_MACHINE = "localhost"
DEFAULT_HOST = "api.clevertap.com"
SECOND_NAMES = {"eu1.api.clevertap.com": DEFAULT_HOST}
"""Both names of CleverTap's first data centre are documented [D:common-api-components,
D:get-user-profiles-api]."""
LOCAL_NAMES = frozenset(
    (THIS_MACHINE, "localhost.localdomain", "ip6-localhost", "ip6-loopback", "localhost6")
)
"""Names of this machine in the hosts files of Linux and macOS."""
DEFAULT_PORTS = {"http": 80, "https": 443}
BINDING_BYTES = 8


def host_of_memory(url: str) -> str:
    """Return the one name of a host in states and ledgers.

    - The names of one of CleverTap's data centres are one host.
    - All names, addresses and ports of this machine are one host, `localhost`.
    - Any other host has its name and port: `proxy.example:8443`.

    Case, a final dot and an explicit default port make no difference.

    Args:
        url: Scheme, host and perhaps a port, as in the setting `api_url`.

    Raises:
        ValueError: If the port is not a number.
    """
    parts = urlsplit(url)
    name = _spelled(parts.hostname or "")
    if _is_this_machine(name):
        return THIS_MACHINE
    name = SECOND_NAMES.get(name, name)
    default = DEFAULT_PORTS.get(parts.scheme)
    if parts.port is None or parts.port == default:
        return name
    return f"[{name}]:{parts.port}" if ":" in name else f"{name}:{parts.port}"


def binding(account_id: str, url: str) -> str:
    """Return the digest of an account at a host: 16 hexadecimal digits.

    It is a hash, so that a file does not show the account. Case makes no difference: CleverTap's
    account ids have only capitals.

    Args:
        account_id: As in the settings.
        url: As for `host_of_memory`.

    Raises:
        ValueError: If the port is not a number.
    """
    content = f"{account_id.strip().upper()}\0{host_of_memory(url)}"
    return blake2b(content.encode(), digest_size=BINDING_BYTES).hexdigest()


def _spelled(host: str) -> str:
    """Return the spelling of a host that resolvers use for all its spellings."""
    name = host.rstrip(".").lower()
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        # as `getaddrinfo` reads them: 127.1, 0x7f000001
        return socket.inet_ntoa(socket.inet_aton(name))
    except (OSError, UnicodeEncodeError):
        pass
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _is_this_machine(name: str) -> bool:
    if name in LOCAL_NAMES or name.endswith(f".{THIS_MACHINE}"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None) or address
    # 0.0.0.0 and :: connect to this machine
    return bool(mapped.is_loopback or mapped.is_unspecified)
