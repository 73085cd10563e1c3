"""Whole numbers to base 64, as the state has them."""

from __future__ import annotations

from string import ascii_lowercase, ascii_uppercase, digits

LETTERS = f"{ascii_uppercase}{ascii_lowercase}{digits}-_"
"""Of numbers to base 64: with decimals, a hundred events would need a state of over 100 kB."""
MOST_LETTERS = 100
"""Of marks, a bit for each day of a year and more; a longer text would take long to read."""


def to_letters(number: int) -> str:
    """Return a number that is not negative."""
    letters = ""
    while number or not letters:
        number, digit = divmod(number, len(LETTERS))
        letters = LETTERS[digit] + letters
    return letters


def number_of(letters: str) -> int:
    """Return the number in letters.

    Raises:
        ValueError: For another letter, or more letters than any number of ours has.
    """
    if len(letters) > MOST_LETTERS:
        raise ValueError(letters)
    number = 0
    for letter in letters:
        number = number * len(LETTERS) + LETTERS.index(letter)
    return number
