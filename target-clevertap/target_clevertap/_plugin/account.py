# Source: tap-clevertap/tap_clevertap/_plugin/account.py; copies: `make vendor`
"""Which account at which host a memory belongs to: a ledger's names, a tap's state.

The tap and the target each hold a copy of this module, equal to the byte, and a test compares
them: a host that one of them takes for another one would be remembered apart.
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
"""What the hosts files of Linux and macOS call this machine."""
DEFAULT_PORTS = {"http": 80, "https": 443}
BINDING_BYTES = 8


def host_of_memory(url: str) -> str:
    """Return the one name under which everything that is remembered of a host is kept.

    - The names of one of CleverTap's data centres are one host.
    - All names, addresses and ports of this machine are one host, `localhost`.
    - Any other host counts by its name and port: `proxy.example:8443`.

    Case, a dot at the end and a default port that is spelled out make no difference.

    Args:
        url: Scheme, host and perhaps a port, as the setting `api_url` holds them.

    Raises:
        ValueError: For a port that is not a number.
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
    """Return what marks a memory as that of one account at one host: 16 hexadecimal digits.

    It is a hash, so that a file does not show the account. Letters count alike in either case:
    CleverTap writes its account ids in capitals only.

    Args:
        account_id: As in the settings.
        url: As for `host_of_memory`.

    Raises:
        ValueError: For a port that is not a number.
    """
    content = f"{account_id.strip().upper()}\0{host_of_memory(url)}"
    return blake2b(content.encode(), digest_size=BINDING_BYTES).hexdigest()


def _spelled(host: str) -> str:
    """Return a host in the one spelling that resolvers make of all its spellings."""
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
    # whoever connects to 0.0.0.0 or :: connects to this machine
    return bool(mapped.is_loopback or mapped.is_unspecified)
