"""The settings of the emulator: one frozen value, read by all parts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from clevertap_emulator.drops.manifest import ManifestForm


class Contract(str, Enum):
    """How an export ends."""

    DOCUMENTED = "documented"
    CAPTURED = "captured"


class UnknownCredentials(str, Enum):
    """The response to unknown credentials."""

    UNAUTHORIZED = "401"
    SILENT = "silent"


class CountMode(str, Enum):
    """How counts respond while no scheduled fault changes them."""

    EXACT = "exact"
    ZERO = "zero"
    REFUSED = "refused"
    NEVER_READY = "never-ready"


UNEXPORTABLE = ("Notification Viewed", "Notification Clicked", "Push Impressions")
DISCARDED = ("Legacy Banner Shown",)
READY = "clevertap-emulator listening on "
"""Begins the line with the address of a process; its URL follows."""


@dataclass(frozen=True)
class Settings:
    """All settings; where sources disagree, the default is the more plausible reading."""

    account_id: str = "TEST-000-0000"
    passcode: str = "emulator"
    timezone: str = "Asia/Kolkata"
    seed: int = 7
    days: int = 30
    today: str | None = None
    users: int = 2000
    events_per_day: int = 1000
    empty_events: int = 0
    installs: bool = False
    extra_events: int = 0
    extra_properties: int = 60
    odd_values: bool = False
    contract: Contract = Contract.CAPTURED
    preparing: int = 1
    preparing_status: int = 200
    cursor_life: float = 4 * 3600.0
    cursor_idle: float = 3600.0
    profile_cursor_life: float = 4 * 86400.0
    hollow_pages: bool = True
    unknown_credentials: UnknownCredentials = UnknownCredentials.UNAUTHORIZED
    wrong_region: bool = False
    unknown_event_status: int = 200
    latency_ms: float = 0.0
    cached_megabytes: int = 96
    reads_in_flight: int = 3
    uploads_in_flight: int = 15
    calls_in_flight: int = 3
    uploads_per_second: int = 0
    count_uploads: bool = False
    max_records: int = 1000
    max_deletes: int = 100
    max_upload_bytes: int = 4_000_000
    max_event_properties: int = 256
    max_value_length: int = 512
    max_charged_items: int = 256
    max_list_values: int = 100
    nested_objects: bool = False
    property_limits: bool = False
    counts: CountMode = CountMode.EXACT
    trend_zeros: bool = False
    report_day_ms: float = 0.0
    report_max_days: int = 0
    getschema: bool = True
    unexportable: tuple[str, ...] = UNEXPORTABLE
    discarded: tuple[str, ...] = DISCARDED
    drops: str | None = None
    drops_manifest: ManifestForm = ManifestForm.JSON
