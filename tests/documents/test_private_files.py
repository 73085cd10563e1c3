"""Blocks that have a shell write records or secrets keep them from other users of the machine."""

from __future__ import annotations

import re

import pytest

from tests.support.pages import blocks, documents

SHELLS = {"shell", "sh", "bash"}
TO_FILE = r"(?<![>|])>>? *[\w$]"
RECORDS = re.compile(rf"^[^#|\n]*\btap-clevertap\b(?!.*--discover)[^|\n]*{TO_FILE}", re.MULTILINE)
SECRET = re.compile(r'"passcode"|"inbox_token"|Secret=')


def faults_of(text):
    faults = []
    has_secret = SECRET.search(text) and re.search(TO_FILE, text)
    if (RECORDS.search(text) or has_secret) and "umask 077" not in text:
        faults.append("umask 077 is missing")
    if ". ./.env" in text and "chmod 600 .env" not in text:
        faults.append("chmod 600 .env is missing")
    return faults


@pytest.mark.parametrize("page", documents())
def test_a_shell_writes_records_and_secrets_for_their_owner_alone(page):
    faulty = {str(each): faults_of(each.text) for each in blocks(page) if each.language in SHELLS}
    assert {where: faults for where, faults in faulty.items() if faults} == {}


@pytest.mark.parametrize(
    "text",
    [
        "tap-clevertap --config tap.json > messages.jsonl",
        "meltano invoke tap-clevertap > old.singer &&\nmeltano invoke tap-clevertap-new > b",
        """echo '{"inbox_token": "x"}' > inbox.json""",
        """cat > tap.json <<'END'\n{\n  "passcode": "x"\n}\nEND""",
        "set -a; . ./.env; set +a",
    ],
)
def test_the_check_finds(text):
    assert faults_of(text)
    assert not faults_of(f"umask 077\nchmod 600 .env\n{text}")


@pytest.mark.parametrize(
    "text",
    [
        "tap-clevertap --config tap.json --discover > catalog.json",
        "tap-clevertap --config names.json | jq -r .record",
        "tap-clevertap --config tap.json | some-target >> states.jsonl",
    ],
)
def test_the_check_passes(text):
    assert not faults_of(text)
