"""The form of names from outside in messages."""

import pytest

from tap_clevertap._plugin.shown import LONGEST_SHOWN, shown


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Charged", "`Charged`"),
        ("चार्ज ☕", "`चार्ज ☕`"),
        ("\ufeffid", "`\\ufeffid`"),
        ("two\nlines", "`two\\nlines`"),
        ("\x1b[2Jgone", "`\\x1b[2Jgone`"),
        ("zero\u200bwidth \u3164", "`zero\\u200bwidth \\u3164`"),
        ("half \ud83d", "`half \\ud83d`"),
        ("x" * 500, f"`{'x' * LONGEST_SHOWN}…`"),
    ],
)
def test_a_name_is_shown_on_one_line_with_all_its_characters(name, text):
    assert shown(name) == text
