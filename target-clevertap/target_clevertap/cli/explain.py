"""The command `explain`: what a code of a reject means, and how to fix its cause."""

from __future__ import annotations

import sys

import click

from target_clevertap._plugin.shown import shown
from target_clevertap._plugin.suggestions import nearest
from target_clevertap.records.codes import OURS
from target_clevertap.records.own_codes import BY_CODE, CODES

OFFICIAL = {
    "D:": "https://developer.clevertap.com/docs/",
    "U:": "https://docs.clevertap.com/docs/",
}
"""Where the pages of CleverTap's documentation are, by the tags in docs/sources.md."""


def explain_command() -> click.Command:
    """Return the command `explain`."""
    return click.Command(
        "explain",
        callback=_explain,
        params=[click.Argument(["code"], required=False)],
        help="Explain a CODE of the rejects: CleverTap's or ours; without one, list all.",
    )


def explanation(code: str) -> str | None:
    """Return the lines that explain a code; None for an unknown one.

    Args:
        code: As in a reject, in any case.
    """
    entry = BY_CODE.get(code.strip().lower())
    if entry is None:
        return None
    source = "target-clevertap" if entry.source == OURS else _source(entry.source)
    by = "target-clevertap" if entry.is_ours else "CleverTap"
    return (
        f"{entry.code}: {entry.meaning}\n"
        f"  given by: {by}\n"
        f"  cause:    {entry.cause}\n"
        f"  fix:      {entry.fix}\n"
        f"  source:   {source}"
    )


def _source(tag: str) -> str:
    """Return the address of an official page; else the tag in docs/sources.md."""
    address = OFFICIAL.get(tag[:2])
    return f"[{tag}] in docs/sources.md" if address is None else address + tag[2:]


def _explain(code: str | None) -> None:
    if code is None:
        width = max(map(len, BY_CODE))
        for entry in CODES:
            click.echo(f"{entry.code!s:{width}}  {entry.meaning}")
        return
    found = explanation(code)
    if found is not None:
        click.echo(found)
        return
    advice = _advice(code)
    click.echo(f"target-clevertap: {shown(code)} is not a known code; {advice}", err=True)
    sys.exit(1)


def _advice(code: str) -> str:
    if code.strip().isdecimal():
        numbers = [int(known) for known in BY_CODE if known.isdecimal()]
        number = int(code.strip()[:9])
        close = min(numbers, key=lambda each: (abs(each - number), each))
        return f"the nearest is {shown(close)}; `target-clevertap explain` lists all"
    similar = nearest(code, BY_CODE)
    return f"{similar or 'no code is similar;'} `target-clevertap explain` lists all"
