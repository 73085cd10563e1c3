"""A copied example: what git takes of it, and what a trial with the emulator leaves in it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.support.pages import section

ROOT = Path(__file__).parents[2]
FOLDERS = sorted(path.parent for path in ROOT.glob("examples/**/meltano.yml"))
BESIDE = re.compile(r"\$MELTANO_PROJECT_ROOT/([\w.$-]+)")
LOADED = re.compile(r"^ *(?:destination_)?path: ([\w.-]+)$", re.MULTILINE)
TYPED = re.compile(r"(?:> | --out |\bto [`'])([\w.-]+)(?:$| &&| --|[`'])", re.MULTILINE)
TRIED = [folder for folder in FOLDERS if (folder / "env.example").exists()]
BY_DEFAULT = ("clevertap-ledger.sqlite", "clevertap-rejects.jsonl")


def tracked(folder):
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=folder, capture_output=True, check=True).stdout
    return {name for name in names.decode().split("\0") if (folder / name).is_file()}


def written(folder):
    """Return the files that the example writes: its settings and its commands name them."""
    settings = (folder / "meltano.yml").read_text()
    names = {*BESIDE.findall(settings), *LOADED.findall(settings)}
    if "name: target-clevertap" in settings:
        names.update(BY_DEFAULT if "ledger_path" not in settings else ())
    for page in (*folder.glob("README.md"), *folder.glob("*.sql")):
        names.update(TYPED.findall(page.read_text()))
    names = {re.sub(r"\$\w+", "TEST-000-0000", name) for name in names}
    names -= {".env", *(name for name in names if (folder / name).exists())}
    names |= {f"{name}-wal" for name in names if name.endswith(".sqlite")}
    names |= {f"{name}.replayed-1" for name in names if name.endswith("rejects.jsonl")}
    return {
        *(name if Path(name).suffix else f"{name}/a.jsonl" for name in names),
        *(".env", ".meltano/meltano.db"),
    }


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_git_takes_of_a_copy_what_the_repository_has_and_nothing_else(folder, tmp_path):
    own = tracked(folder)
    for name in own:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    for name in written(folder):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for command in (["git", "init", "--quiet"], ["git", "add", "--all"]):
        subprocess.run(command, cwd=tmp_path, check=True)
    assert tracked(tmp_path) == own


@pytest.mark.parametrize(
    ("example", "some"),
    [
        ("orders", {"clevertap-rejects.jsonl.replayed-1", "clevertap-ledger.sqlite-wal"}),
        ("orders", {"arrived.txt"}),
        ("notification-events", {"files/a.jsonl", "receipt-files.json"}),
        ("erasure", {"proof.csv"}),
        ("files", {"warehouse.duckdb", "output/a.jsonl"}),
        ("region-move", {"old.singer", "new.singer", "move-ledger.sqlite"}),
        ("sources", {"clevertap-ledger.sqlite"}),
    ],
)
def test_what_an_example_writes_is_found(example, some):
    assert some <= written(ROOT / "examples" / example)


@pytest.mark.parametrize("folder", TRIED, ids=lambda path: path.name)
def test_a_trial_leaves_no_state_no_address_and_no_reject_to_the_project(folder):
    variables = dict(line.split("=", 1) for line in (folder / "env.example").read_text().split())
    project = yaml.safe_load((folder / "meltano.yml").read_text())
    (environment,) = project["environments"]
    name = environment["state_id_suffix"].removeprefix("$")
    assert name.endswith("_ACCOUNT_ID")
    assert variables[name].startswith("TEST-")
    steps = section(f"examples/{folder.name}/README.md", "For the real CleverTap")
    unset = " ".join(re.findall(r"^unset (.*)$", steps, re.MULTILINE)).split()
    local = {name for name, value in variables.items() if value.startswith("http://127.0.0.1")}
    if "set -a; . ./.env" in (folder / "README.md").read_text():
        assert local <= {*unset}
    loaders = {each["name"] for each in project["plugins"]["loaders"]}
    assert ("-rejects.jsonl" in steps) == ("target-clevertap" in loaders)
