"""The limits of CleverTap's imports of files."""

from __future__ import annotations

SFTP_BYTES = 5_000_000_000
"""Of a data file [U:imports-via-sftp]."""

DASHBOARD_BYTES = 1_000_000_000
"""Of a CSV that is uploaded in the dashboard [U:csv-upload]."""
