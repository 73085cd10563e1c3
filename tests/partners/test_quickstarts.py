"""The quickstarts print what they show, and a killed pipeline of theirs loses nothing."""

from __future__ import annotations

import pytest

from tests.support.page_reader import Reader
from tests.support.pages import ROOT, every
from tests.support.plugin_process import BIN
from tests.support.shown_output import follow

UV = BIN / "uv"
INSTALLED = {
    r"^python3 -m venv clevertap$": "",
    r"^clevertap/bin/pip install": ":",  # this checkout's programs are on the PATH
    r"^python3 -m venv jsonl": f"{UV} venv -q jsonl",
    r"^jsonl/bin/pip install": f"{UV} pip install --python jsonl/bin/python",
}
PROJECT = {
    r"^git clone --quiet --depth 1": ":",
    r"^cp -r clevertap-singer/examples/files": f"cp -r {ROOT}/examples/files",
    r"^meltano install$": (
        "sed -i.before '/pip_url: git/d; /pip_url: target-duckdb/d' meltano.yml && meltano install"
    ),
}
KILLED = """
faults=http://localhost:8025/_emulator/faults
curl -s $faults -d '[{"match": {"kind": "page", "number": 9}, "action": {"delay": 60}}]' > set
rm rows/* state.json
./run.sh &
until curl -s $faults | jq -e '.faults[0].fired > 0' > fired; do sleep 0.1; done
kill -KILL $(pgrep -P $! tap-clevertap)
wait $! || echo "it failed"
"""
"""The pipeline of the page, whose tap is killed while a page of an export is on its way."""
KEYS = """
./run.sh
cat rows/events-*.jsonl | jq -r .event_key | sort -u | wc -l
"""


WITHOUT_CREDENTIALS = """
for file in tap ruled; do
  jq 'del(.account_id, .passcode)' $file.json > changed
  mv changed $file.json
done
for plugin in TAP TARGET; do
  export ${plugin}_CLEVERTAP_ACCOUNT_ID=TEST-000-0000 ${plugin}_CLEVERTAP_PASSCODE=emulator
done
"""
"""What the page has the reader change for the real project, whose host is the emulator here."""


@pytest.fixture
def folder(tmp_path):
    """Return an empty folder, as a reader begins in."""
    made = tmp_path / "reader"
    made.mkdir()
    return made


def test_the_quickstart_with_singer_prints_what_it_shows_and_survives_a_kill(folder):
    *steps, last, checks = every("docs/quickstart-singer.md", "shell")
    with Reader(folder, replacements=INSTALLED, PYTHONDONTWRITEBYTECODE="") as reader:
        follow(reader, steps)
        assert reader.type(KILLED).output == "it failed\n"
        assert reader.type(KEYS).output == "5624\n"
        reader.type(WITHOUT_CREDENTIALS)
        checked = reader.type(checks.text).output
        assert checked.count("ok     credentials: account_id, passcode and region fit") == 2
        follow(reader, [last])


def test_the_quickstart_with_meltano_prints_what_it_shows(folder):
    with Reader(folder, replacements=PROJECT, PYTHONDONTWRITEBYTECODE="") as reader:
        *steps, last = every("docs/quickstart-meltano.md", "shell")
        follow(reader, steps)
        assert open_to_others(folder / "my-project" / "output") == []
        reader.type("touch warehouse.duckdb clevertap-rejects.jsonl{,.replayed-1}; chmod 755 .")
        follow(reader, [last])
    project = folder / "my-project"
    assert [*project.glob("output/*"), *project.glob("*.duckdb"), *project.glob("*rejects*")] == []
    assert project.stat().st_mode & 0o777 == 0o700
    assert (project / ".env").stat().st_mode & 0o777 == 0o600


def open_to_others(folder):
    """Return what other users may read of a folder and its files."""
    return [path for path in (folder, *folder.iterdir()) if path.stat().st_mode & 0o077]
