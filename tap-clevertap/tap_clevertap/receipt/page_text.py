"""Text from outside in a page."""

from __future__ import annotations

from html import escape

from tap_clevertap._plugin.shown import visible


def page_text(text: str) -> str:
    """Return any text as a part of a page, with every character visible."""
    return escape(visible(text))


def event_label(name: str) -> str:
    """Return an event's name for a page: its direction does not change the text around it."""
    return f'<bdi dir="auto">{page_text(name)}</bdi>'


def moment(text: str) -> str:
    """Return a time of a receipt as a person reads it."""
    return text.replace("T", " ").replace("Z", " UTC")
