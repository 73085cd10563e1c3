"""The checks and the codes of their findings."""

from __future__ import annotations

from tap_clevertap._http.host_findings import OF_HOSTS, OF_PROXIES

OF_APIS = ("not_clevertap", "refused", "failing")
CODES = {
    "settings": ("wrong_settings",),
    "host": OF_HOSTS,
    "tls": ("certificate_refused", "no_tls"),
    "proxy": OF_PROXIES,
    "api": OF_APIS,
    "region": ("wrong_region",),
    "credentials": ("wrong_account_id", "wrong_passcode", "no_data"),
    "events": ("no_events", "unknown_events", "none_left", "no_schema"),
    "query": ("refused",),
    "export": (*dict.fromkeys((*OF_HOSTS, "no_tls", *OF_PROXIES, *OF_APIS)), "slow", "no_rows"),
    "timezone": ("ahead", "behind", "day_refused", "unknown"),
    "counts": ("refused", "late", "zero", "unreadable"),
    "in_flight": ("shared",),
    "time": ("over",),
    "files": ("unusable", "no_files"),
    "file": ("unusable", "unreadable", "changing"),
    "inbox": ("unusable", "no_inbox", "no_messages"),
    "inbox_access": ("wrong_settings", "no_secret"),
}
"""The checks and their codes other than `ok`: scripts depend on them."""
