"""The checks and the codes of their findings."""

from __future__ import annotations

from target_clevertap._http.host_findings import OF_HOSTS, OF_PROXIES

CODES = {
    "settings": ("wrong_settings",),
    "rules": ("wrong_rule",),
    "already_delivered": ("on",),
    "rejects": ("not_usable",),
    "deletes": ("unconfirmed", "not_usable"),
    "ledger": (
        *("off", "new", "not_usable", "other_account", "older_format", "newer_format", "damaged"),
        "in_use",
    ),
    "files": ("new", "waiting", "in_use", "not_usable"),
    "disk": ("little_space",),
    "sftp": (
        *("extra_missing", "key_unusable", "not_reached", "no_algorithm", "host_key_missing"),
        *("other_host_key", "key_refused", "no_folder", "not_permitted", "full", "failing"),
    ),
    "host": OF_HOSTS,
    "tls": ("certificate_refused", "no_tls"),
    "proxy": OF_PROXIES,
    "api": ("not_clevertap", "refused", "failing"),
    "region": ("wrong_region",),
    "credentials": ("wrong_account_id", "wrong_passcode"),
    "upload": ("refused", "record_refused"),
    "clock": ("apart", "unknown"),
    "in_flight": ("shared",),
}
"""The checks and their codes other than `ok`: scripts depend on them."""
