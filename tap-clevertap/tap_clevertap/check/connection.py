"""What keeps requests from reaching CleverTap: one finding for each cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clevertap.api.outcomes import Cause
from tap_clevertap.check.findings import Finding

if TYPE_CHECKING:
    from tap_clevertap.api.outcomes import TryAgain

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


def unreachable(outcome: TryAgain, host: str) -> Finding:
    """Return the finding of a request that only failed.

    Args:
        outcome: Of its last try.
        host: As messages show it.
    """
    if outcome.cause in FINDINGS:
        check, code, message, advice = FINDINGS[outcome.cause]
        return Finding(check, code, f"{host}: {message}", advice)
    if outcome.answered:
        message = f"{host}: it responds only with {outcome.reason}"
        return Finding("api", "failing", message, "run the check again later")
    message = f"{host}: no CleverTap API answers there ({outcome.reason})"
    return Finding("api", "not_clevertap", message, CHECK_HOST)


def shared_limit(host: str) -> Finding:
    """Return the finding of a 429 that came with one request in flight."""
    message = (
        f"{host}: it refused a request (429), although the check had one in flight; other tools "
        "use this account's requests"
    )
    return Finding("in_flight", "shared", message, "run at another time, or lower max_in_flight")
