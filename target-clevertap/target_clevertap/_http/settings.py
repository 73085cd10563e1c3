# Source: tap-clevertap/tap_clevertap/_http/settings.py; copies: `make vendor`
"""The settings by which both plugins reach CleverTap."""

from __future__ import annotations

from singer_sdk import typing as th

from .hosts import HOSTS, REGION_ALIASES

CREDENTIALS = ("account_id", "passcode")
"""The settings that are secret."""

PROPERTIES = (
    th.Property(
        "account_id",
        th.StringType(nullable=False),
        required=True,
        secret=True,
        title="Account ID",
        description="Project or account ID, from Settings, Project in the dashboard.",
    ),
    th.Property(
        "passcode",
        th.StringType(nullable=False),
        required=True,
        secret=True,
        title="Passcode",
        description="Account or user passcode, from Settings, Passcode in the dashboard.",
    ),
    th.Property(
        "region",
        th.StringType(nullable=False),
        default="eu1",
        allowed_values=[*HOSTS, *REGION_ALIASES],
        title="Region",
        description="Data center of the project, as in its dashboard's address; global is eu1.",
    ),
    th.Property(
        "api_url",
        th.StringType,
        title="API URL",
        description="Scheme and host instead of the region's; http only toward this machine.",
    ),
)
"""As the SDK's `PropertiesList` takes them."""
