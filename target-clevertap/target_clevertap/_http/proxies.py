# Source: tap-clevertap/tap_clevertap/_http/proxies.py; copies: `make vendor`
"""Which requests may use the environment's proxy, and whether that proxy can be used."""

from __future__ import annotations

import requests
from requests.adapters import HTTPAdapter

from .._plugin.errors import SettingError


def uses_environment(url: str) -> bool:
    """Tell whether proxies and certificates for an address come from the environment.

    Over http a proxy on another machine would be given the passcode in clear text.
    """
    return not url.startswith("http:")


def check_proxy(url: str) -> None:
    """Check the proxy that the environment names for an address.

    Raises:
        SettingError: For one that cannot be used, whatever it does.
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
        except (ValueError, TypeError):  # whatever is wrong; its text may hold a password
            why = "it is not an address like http://proxy.example.org:3128"
        else:
            return
    message = f"the environment's proxy: {why}; fix HTTPS_PROXY or ALL_PROXY"
    raise SettingError(message)
