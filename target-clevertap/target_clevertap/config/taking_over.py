"""What does not go with `already_delivered`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_clevertap.rules.rule import Rule

SETTING = "already_delivered"
NEEDS_LEDGER = f"{SETTING}: the ledger is where deliveries are noted; set a path at ledger_path"
NOT_DRY = f"{SETTING}: a dry run notes nothing in the ledger; set dry_run to off, or unset it"
OF_REJECTS = (
    f"{SETTING}: it is on, and would note rejects as delivered; unset it to send them again"
)
EQUAL_ROWS = (
    f"{SETTING}: `equal_rows: new` under streams.%s makes each equal row a new one, so the next "
    "run would send what this one notes; set `equal_rows: resent`, or leave the stream out"
)


def taking_over_faults(config: Mapping[str, Any], rules: Mapping[str, Rule]) -> list[str]:
    """Return why a run cannot note deliveries of another tool; nothing where it is not to.

    Args:
        config: The settings, with defaults.
        rules: By the name of a stream.
    """
    if not config[SETTING]:
        return []
    faults = [] if config["ledger_path"] else [NEEDS_LEDGER]
    if config["dry_run"] != "off":
        faults.append(NOT_DRY)
    return faults + [EQUAL_ROWS % name for name, rule in rules.items() if rule.equal_rows == "new"]
