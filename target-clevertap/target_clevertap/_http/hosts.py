# Source: tap-clevertap/tap_clevertap/_http/hosts.py; copies: `make vendor`
"""The API's host: from `region`, or from `api_url`."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

import requests

from .._plugin.errors import SettingError

HOSTS = {
    "eu1": "api.clevertap.com",
    "in1": "in1.api.clevertap.com",
    "us1": "us1.api.clevertap.com",
    "sg1": "sg1.api.clevertap.com",
    "aps3": "aps3.api.clevertap.com",
    "mec1": "mec1.api.clevertap.com",
    "sk1": "sk1.api.clevertap.com",
}
"""Data centre to API host; eu1 has no prefix. [D:common-api-components; sk1: SEG]"""
REGION_ALIASES = {"global": "eu1"}
"""The dashboard calls the European data centre `global`. [ING]"""
EXAMPLE = "https://in1.api.clevertap.com"
NOT_AN_ADDRESS = f"api_url: it is not an address; use scheme and host, as in {EXAMPLE}"
TOO_MUCH = "api_url: it must be scheme and host only; remove credentials, path and query"
PLAIN_HTTP = "api_url: plain http would show the passcode to the network; use https"
NOT_A_HOST = f"api_url: invalid host name; use one as in {EXAMPLE}"


def base_url(region: str, api_url: str | None) -> str:
    """Return scheme and host of the API, without a final slash.

    The host is in lower case, an IPv6 address in brackets.

    Args:
        region: A key of HOSTS or of REGION_ALIASES.
        api_url: The setting, which replaces the region.

    Raises:
        SettingError: If `api_url` has more than scheme, host and port, or is plain http to another
            machine, which would send the passcode in clear text.
    """
    if not api_url:
        return f"https://{HOSTS[REGION_ALIASES.get(region, region)]}"
    try:
        parts = urlsplit(api_url)
        is_address = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:
        raise SettingError(NOT_AN_ADDRESS)
    if "@" in parts.netloc or parts.path.strip("/") or parts.query or parts.fragment:
        raise SettingError(TOO_MUCH)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise SettingError(PLAIN_HTTP)
    if not _is_host(f"{parts.scheme}://{parts.netloc}"):
        raise SettingError(NOT_A_HOST)
    return _spelled(parts)


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine on every system.

    Names that end in `localhost`, and numbers that only some systems accept, do not count.
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_host(url: str) -> bool:
    try:
        request = requests.Request("POST", url).prepare()
        (urlsplit(request.url or "").hostname or "").encode("idna")
    except ValueError:  # also the base of requests' errors and of UnicodeError
        return False
    return request.path_url == "/"


def _spelled(parts: SplitResult) -> str:
    name = parts.hostname or ""
    host = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{host}" + ("" if parts.port is None else f":{parts.port}")
