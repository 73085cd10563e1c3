"""Findings of one upload that CleverTap only checks: host, region, credentials, rights, clock."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from target_clevertap._http.host_findings import (
    CHECK_HOST,
    host_finding,
    shared_limit,
    wrong_credentials,
    wrong_region,
)
from target_clevertap._http.hosts import HOSTS
from target_clevertap._plugin.account import host_of_memory
from target_clevertap._plugin.findings import Finding, fine
from target_clevertap.check.probe import NoAnswer, ProbeAnswer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_clevertap.check.probe import UploadProbe

REGION_SECONDS = 10.0
CLOCKS_APART = 300.0
"""Seconds between two clocks that are reported."""
ACCOUNT_REFUSED = b"account id"
"""In the text of a 401 that is about the account, in lower case. [VCR]"""


def account_findings(probe: UploadProbe) -> Iterator[Finding]:
    """Yield what an upload shows, up to what makes other questions vain."""
    host, answer = probe.host, probe.upload()
    if isinstance(answer, NoAnswer):
        yield _unreached(answer, host)
        return
    if (finding := _not_an_answer(answer, host)) is not None:
        yield finding
        return
    yield fine("host", f"CleverTap's API responds at {host}")
    if answer.code == HTTPStatus.UNAUTHORIZED:
        yield _refused_credentials(answer, probe)
        return
    yield from _upload_findings(answer, host)
    yield _clock(answer, time.time())


def _unreached(answer: NoAnswer, host: str) -> Finding:
    if answer.tls_fault:
        message = f"{host}: its TLS certificate cannot be verified ({answer.tls_fault})"
        advice = "check api_url, proxies and REQUESTS_CA_BUNDLE"
        return Finding("tls", "certificate_refused", message, advice)
    found = host_finding(answer.cause, host)
    message = f"{host}: no CleverTap API answers there"
    return found or Finding("api", "not_clevertap", message, CHECK_HOST)


def _not_an_answer(answer: ProbeAnswer, host: str) -> Finding | None:
    """Return the finding of a response that is not about this upload."""
    status = answer.status
    if answer.is_throttled:
        return shared_limit(host)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        message = f"{host}: it responds only with HTTP {status}"
        return Finding("api", "failing", message, "run the check again later")
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        message = f"{host}: it refuses uploads (HTTP {status}, a redirect, which is not followed)"
        return Finding("api", "refused", message, "check api_url")
    if status == HTTPStatus.UNAUTHORIZED or answer.body.get("status") in {
        "success",
        "partial",
        "fail",
    }:
        return None
    message = f"{host}: no CleverTap API answers there (HTTP {status}, not its JSON)"
    return Finding("api", "not_clevertap", message, CHECK_HOST)


def _refused_credentials(answer: ProbeAnswer, probe: UploadProbe) -> Finding:
    if region := _region_of_project(probe):
        return wrong_region(probe.host, region)
    is_unknown = ACCOUNT_REFUSED in answer.content.lower()
    return wrong_credentials(probe.host, "401", is_account_unknown=is_unknown)


def _region_of_project(probe: UploadProbe) -> str | None:
    """Return the region that takes the credentials, if the host is one of CleverTap's own."""
    used = host_of_memory(probe.settings.url)
    if used not in HOSTS.values():
        return None  # a host of our own, such as the emulator
    for region, host in HOSTS.items():
        if host != used and _is_taken(probe.ask(f"https://{host}", REGION_SECONDS)):
            return region
    return None


def _is_taken(answer: ProbeAnswer | NoAnswer) -> bool:
    return isinstance(answer, ProbeAnswer) and answer.body.get("status") == "success"


def _upload_findings(answer: ProbeAnswer, host: str) -> Iterator[Finding]:
    body = answer.body
    if _is_taken(answer) and body.get("processed") in {None, 1}:
        yield fine("credentials", "account_id, passcode and region fit together")
        yield fine("upload", "CleverTap takes a profile, which it only checked")
        yield fine("in_flight", "CleverTap accepts the requests of this account")
        return
    refused = body.get("unprocessed")
    if isinstance(refused, list) and refused:
        code = refused[0].get("code") if isinstance(refused[0], dict) else None
        yield fine("credentials", "account_id, passcode and region fit together")
        message = f"{host}: it refuses the profile of the check (code {code})"
        advice = "ask CleverTap's support whether uploads are restricted in this account"
        yield Finding("upload", "record_refused", message, advice)
        return
    message = f"{host}: it refuses uploads with these credentials (code {answer.code})"
    yield Finding("upload", "refused", message, "use a passcode with access to the API")


def _clock(answer: ProbeAnswer, now: float) -> Finding:
    if answer.sent_at is None:
        return fine("clock", "CleverTap's response has no time to compare with", code="unknown")
    ahead = now - answer.sent_at
    if abs(ahead) <= CLOCKS_APART:
        return fine("clock", "this machine's clock agrees with CleverTap's")
    word = "ahead of" if ahead > 0 else "behind"
    message = f"this machine's clock is {abs(ahead) / 60:.0f} min {word} CleverTap's"
    advice = "set it, as with NTP: times that are compared with the present would be wrong"
    return Finding("clock", "apart", message, advice)
