"""The finding about `already_delivered`: while it is on, no run sends anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from target_clevertap._plugin.findings import Finding
from target_clevertap.config.taking_over import SETTING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from target_clevertap.config.settings import RunSettings


def taking_over_findings(settings: RunSettings) -> Iterator[Finding]:
    """Yield a finding where a run would note records as delivered; nothing where it sends them."""
    if settings.is_already_delivered:
        message = "it is on, so a run notes new rows as delivered by another tool and sends nothing"
        advice = "unset it once that tool's deliveries are noted"
        yield Finding(SETTING, "on", message, advice)
