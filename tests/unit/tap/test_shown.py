"""What stands in messages for names from outside."""

from pathlib import Path

import pytest

from tap_clevertap.shown import LONGEST_SHOWN, shown

COPIES = (
    "tap-clevertap/tap_clevertap/shown.py",
    "target-clevertap/target_clevertap/shown.py",
    "clevertap-emulator/clevertap_emulator/shown.py",
)
OF_BOTH_PLUGINS = (
    "environment_settings.py",
    "interim.py",
    "log_guard.py",
    "setting_faults.py",
    "signals.py",
)


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


def test_the_three_packages_show_names_alike():
    root = Path(__file__).parents[3]

    assert len({(root / copy).read_text() for copy in COPIES}) == 1


@pytest.mark.parametrize("module", OF_BOTH_PLUGINS)
def test_both_plugins_have_the_same_module(module):
    root = Path(__file__).parents[3]
    copies = {
        (root / f"{each}-clevertap" / f"{each}_clevertap" / module).read_text()
        for each in ("tap", "target")
    }

    assert len(copies) == 1
