# Source: tap-clevertap/tap_clevertap/_plugin/page.py; copies: `make vendor`
"""A page for a person: one file without scripts and addresses, any text in it made visible."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from .page_style import STYLE
from .shown import visible

if TYPE_CHECKING:
    from collections.abc import Iterable

POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(title: str, style: str, body: Iterable[str]) -> bytes:
    """Return a whole HTML page.

    Args:
        title: Plain text.
        style: Rules that only this kind of page has.
        body: Lines of HTML.
    """
    head = (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{page_text(title)}</title>",
        f"<style>{STYLE}{style}</style></head>",
        "<body><main>",
    )
    return "\n".join((*head, *body, "</main></body></html>", "")).encode()


def page_text(text: str) -> str:
    """Return any text as a part of a page, with every character visible."""
    return escape(visible(text))


def name_label(name: str) -> str:
    """Return a name for a page: its direction does not change the text around it."""
    return f'<bdi dir="auto">{page_text(name)}</bdi>'


def moment(text: str) -> str:
    """Return a time in ISO 8601 as a person reads it."""
    return text.replace("T", " ").replace("Z", " UTC")
