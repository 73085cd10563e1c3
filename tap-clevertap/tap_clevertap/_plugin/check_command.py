# Source: tap-clevertap/tap_clevertap/_plugin/check_command.py; copies: `make vendor`
"""The command `check` of both plugins: one line for each finding, or all of them as JSON."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import click

from .commands import config_option
from .findings import summary
from .shown import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .findings import Finding


def make_check_command(
    findings: Callable[[tuple[str, ...]], Iterator[Finding]], description: str
) -> click.Command:
    """Return the command `check`.

    Args:
        findings: Yields what is found, for the values of `--config`.
        description: What `--help` says.
    """
    output_format = click.Option(
        ["--format", "output_format"],
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="One line for each finding, or one JSON object.",
    )
    return click.Command(
        "check",
        callback=lambda config, output_format: _print(findings(config), output_format),
        params=[config_option(), output_format],
        help=description,
    )


def _print(findings: Iterator[Finding], output_format: str) -> None:
    found = []
    for finding in findings:
        found.append(finding)
        if output_format == "text":
            click.echo(visible(str(finding)))
    outcome = summary(found)
    if output_format == "json":
        click.echo(json.dumps(outcome, indent=2))
    sys.exit(0 if outcome["ok"] else 1)
