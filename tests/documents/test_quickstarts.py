"""The quickstarts print what they show, and what they move is what the emulator has."""

from __future__ import annotations

import pytest

from tests.support.plugin_process import BIN
from tests.support.shell_pages import ROOT, Shell, steps_of

MELTANO = ROOT / "docs" / "quickstart-meltano.md"
SINGER = ROOT / "docs" / "quickstart-singer.md"
UV = BIN / "uv"

INSTALLED = {
    "python3 -m venv clevertap\n": "",
    "clevertap/bin/pip install": ":",  # this checkout's programs are on the PATH
    "python3 -m venv jsonl": f"{UV} venv -q jsonl",
    "jsonl/bin/pip install": f"{UV} pip install --python jsonl/bin/python",
}

PROJECT = {
    "pipx install": ":",  # the programs of this checkout are on the PATH
    "git clone --quiet --depth 1": ":",
    "cp -r clevertap-singer/examples/files": f"cp -r {ROOT}/examples/files",
    "meltano install\n": """
sed -i.before '/pip_url: git/d; /pip_url: target-duckdb/d' meltano.yml
meltano install
""",
}
QUIET = {"MELTANO_CLI_DISABLE_VERSION_CHECK": "1", "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false"}


@pytest.fixture
def folder(tmp_path):
    """Return an empty folder, as a reader begins in."""
    made = tmp_path / "reader"
    made.mkdir()
    return made


def test_the_quickstart_with_singer_prints_what_it_shows_and_survives_a_kill(folder):
    *steps, last = steps_of(SINGER)
    with Shell(folder, INSTALLED) as shell:
        shell.follow(steps)
        assert "status 0" not in shell.run(KILLED)
        assert shell.run(KEYS).endswith("5624\n")
        shell.follow([last])


def test_the_quickstart_with_meltano_prints_what_it_shows(folder):
    with Shell(folder, PROJECT, QUIET) as shell:
        shell.follow(steps_of(MELTANO))


KILLED = """
faults=http://localhost:8025/_emulator/faults
curl -s $faults -d '[{"match": {"kind": "page", "number": 9}, "action": {"delay": 60}}]' > set
rm rows/* state.json
./run.sh &
until curl -s $faults | jq -e '.faults[0].fired > 0' > fired; do sleep 0.1; done
kill -KILL $(pgrep -P $! tap-clevertap)
wait $!
echo "status $?"
"""
"""The pipeline of the page, whose tap is killed while a page of an export is on its way."""
KEYS = """
./run.sh
cat rows/events-*.jsonl | jq -r .event_key | sort -u | wc -l
"""
