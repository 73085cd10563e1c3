# Source: tap-clevertap/tap_clevertap/_plugin/shown.py; copies: `make vendor`
"""Names from outside in messages."""

from __future__ import annotations

BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters or symbols in Unicode that a terminal shows as nothing."""
LONGEST_SHOWN = 120


def shown(name: object) -> str:
    """Return a name in backticks, with every character visible and on one line.

    Args:
        name: From CleverTap, the input or a file; any text of any length.
    """
    text = str(name)
    cut = text[:LONGEST_SHOWN]
    return f"`{visible(cut)}{'…' if cut != text else ''}`"


def visible(text: str) -> str:
    """Return text with an escape for each character that a terminal does not show."""
    if text.isprintable() and BLANK_LETTERS.isdisjoint(text):
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if character.isprintable() and character not in BLANK_LETTERS:
        return character
    return character.encode("unicode_escape").decode("ascii")
