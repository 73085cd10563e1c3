# Source: tap-clevertap/tap_clevertap/_http/proxies.py; copies: `make vendor`
"""The proxy in the environment: which requests use it, and whether it can be used."""

from __future__ import annotations

import requests
from requests.adapters import HTTPAdapter

from .._plugin.errors import SettingError


def uses_environment(url: str) -> bool:
    """Return whether requests to a URL use the proxy and certificates in the environment.

    With http, a proxy on another machine would receive the passcode in clear text.
    """
    return not url.startswith("http:")


def check_proxy(url: str) -> None:
    """Check the proxy in the environment for a URL.

    Raises:
        SettingError: If no request could use it.
    """
    if not uses_environment(url):
        return
    with requests.Session() as session:
        request = requests.Request("POST", url).prepare()
        proxies = session.merge_environment_settings(url, {}, None, None, None)["proxies"]
        adapter = HTTPAdapter()
        try:
            pool = adapter.get_connection_with_tls_context(request, None, proxies=proxies)
            host = getattr(getattr(pool, "proxy", None), "host", None) or ""
            host.encode("idna")
        except requests.exceptions.InvalidSchema:
            why = "one for SOCKS needs the package PySocks"
        except (ValueError, TypeError):  # not its text: it may have a password
            why = "it is not an address like http://proxy.example.org:3128"
        else:
            return
    message = f"the environment's proxy: {why}; fix HTTPS_PROXY or ALL_PROXY"
    raise SettingError(message)
