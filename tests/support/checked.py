"""What the check of a plugin found."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tap_clevertap.check.findings import CODES
from tests.support.plugin_process import write_json

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from tests.support.launcher import Launcher


@dataclass
class Checked:
    """The exit status, the log, and the findings by the name of their check."""

    status: int
    log: str
    findings: dict[str, dict[str, Any]]

    @property
    def codes(self) -> dict[str, str]:
        """The codes of what is not well."""
        return {
            name: finding["code"] for name, finding in self.findings.items() if not finding["ok"]
        }

    def text(self, check: str) -> str:
        finding = self.findings[check]
        return f"{finding['message']}; {finding['advice']}"


def run_check(
    launcher: Launcher,
    config: dict[str, Any] | None,
    *,
    codes: Mapping[str, Collection[str]] = CODES,
    speed: float = 10,
    **environment: str,
) -> Checked:
    """Run the check to its end, and compare its exit status with what it found.

    Args:
        launcher: Of the plugin.
        config: The settings; None takes them from the environment.
        codes: By check.
        speed: Of the clocks.
        environment: Variables to add.
    """
    given = "ENV" if config is None else write_json(config)
    arguments = ("check", "--config", given, "--format", "json")
    launcher.start(*arguments, speed=speed, **environment)
    status, log = launcher.ended()
    assert "Traceback" not in log, log
    found = json.loads("\n".join(launcher.lines()))
    assert found.keys() == {"ok", "findings"}
    findings = {}
    for finding in found["findings"]:
        assert finding.keys() == {"check", "ok", "code", "message", "advice"}
        assert finding["check"] not in findings or finding["check"] == "rules"
        assert finding["code"] in ("ok", *codes[finding["check"]])
        assert finding["ok"] or finding["advice"]
        before = findings.get(finding["check"], finding)
        findings[finding["check"]] = {
            **finding,
            "all": [*before.get("all", []), finding["message"]],
        }
    assert found["ok"] == all(finding["ok"] for finding in found["findings"])
    assert status == (0 if found["ok"] else 1), log
    return Checked(status, log, findings)
