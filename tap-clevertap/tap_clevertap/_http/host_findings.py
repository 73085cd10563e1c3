# Source: tap-clevertap/tap_clevertap/_http/host_findings.py; copies: `make vendor`
"""Findings about the host, the account and the region, for the checks of both plugins."""

from __future__ import annotations

from .._plugin.findings import Finding
from .causes import Cause

OF_HOSTS = ("unknown_name", "refused", "unreachable", "timeout", "broken_off")
OF_PROXIES = ("failed",)
CHECK_HOST = "check region and api_url"
FINDINGS = {
    Cause.UNKNOWN_NAME: (
        "host", "unknown_name", "its name is not known",
        f"{CHECK_HOST}, and this machine's name server (DNS)",
    ),
    Cause.REFUSED: (
        "host", "refused", "it refuses the connection",
        f"{CHECK_HOST}, its port, and firewalls on the way",
    ),
    Cause.UNCONNECTED: (
        "host", "unreachable", "no connection to it can be made",
        f"{CHECK_HOST}, this machine's network, and firewalls on the way",
    ),
    Cause.TIMEOUT: (
        "host", "timeout", "it does not respond in time",
        "check firewalls on the way, whether a proxy is needed, and request_timeout",
    ),
    Cause.BROKEN: (
        "host", "broken_off", "its responses break off",
        "check firewalls and proxies on the way, and run the check again",
    ),
    Cause.NO_TLS: (
        "tls", "no_tls", "it cuts the TLS handshake, or does not speak TLS",
        "check scheme and port of api_url, and what intercepts TLS on the way",
    ),
    Cause.PROXY: (
        "proxy", "failed", "the proxy from the environment does not connect to it",
        "check HTTPS_PROXY or ALL_PROXY with its user and password, or add the host to NO_PROXY",
    ),
}  # fmt: skip
"""For each cause: check, code, message and advice."""


def host_finding(cause: Cause, host: str) -> Finding | None:
    """Return the finding of a request without a response; None for a cause of another kind.

    Args:
        cause: Of its last try.
        host: As messages show it.
    """
    if cause not in FINDINGS:
        return None
    check, code, message, advice = FINDINGS[cause]
    return Finding(check, code, f"{host}: {message}", advice)


def shared_limit(host: str) -> Finding:
    """Return the finding of a 429 that came with one request in flight."""
    message = (
        f"{host}: it refused a request (429), although the check had one in flight; other tools "
        "use this account's requests"
    )
    return Finding("in_flight", "shared", message, "run at another time, or lower max_in_flight")


def wrong_region(host: str, region: str) -> Finding:
    """Return the finding of a project that is in another region."""
    message = f"{host}: the project is not there, but in `{region}`"
    advice = f"set region to {region}, and api_url, if it is set, to that region's host"
    return Finding("region", "wrong_region", message, advice)


def wrong_credentials(host: str, how: str, *, is_account_unknown: bool) -> Finding:
    """Return the finding of credentials that are refused.

    Args:
        host: As messages show it.
        how: What showed it.
        is_account_unknown: Whether the words are that the account id is not valid. [VCR]
    """
    if is_account_unknown:
        message = f"{host}: it does not know the account_id ({how})"
        advice = "copy it from Settings, Project in the dashboard, and check region"
        return Finding("credentials", "wrong_account_id", message, advice)
    message = f"{host}: it refuses the passcode of this account_id ({how})"
    advice = (
        "copy one from Settings, Passcode in the dashboard, and check region: another region "
        "refuses a right one too"
    )
    return Finding("credentials", "wrong_passcode", message, advice)
