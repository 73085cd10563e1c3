"""`check_lines.py` of `examples/container` ends a run before tap-jsonl would skip a line."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.pages import block
from tests.support.plugin_process import run_meltano

EXAMPLE = Path(__file__).parents[2] / "examples" / "container"
ROWS = b'{"customer_id": "a", "points": 1}\n{"customer_id": "b", "points": 2}\n'
RENAME = "write it under another name and rename it when it is whole"
LOOK = f"see that it is there, and that user {os.getuid()} may read it"
FAULTS = {
    "cut": (ROWS[:-5], f"line 2 is not a JSON object; {RENAME}"),
    "two on a line": (ROWS.replace(b"\n", b""), f"line 1 is not a JSON object; {RENAME}"),
    "a list": (ROWS + b'["c"]', f"line 3 is not a JSON object; {RENAME}"),
    "not UTF-8": (ROWS + b'{"customer_id": "\xe9"}', f"it is not UTF-8; {RENAME}"),
    "missing": (None, f"it cannot be read (No such file or directory); {LOOK}"),
}


def checked(path):
    command = [sys.executable, EXAMPLE / "check_lines.py", path]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("content", [ROWS, ROWS[:-1], ROWS.replace(b"\n", b"\r\n\r\n"), b""])
def test_whole_lines_pass(content, tmp_path):
    (tmp_path / "customers.jsonl").write_bytes(content)
    done = checked(tmp_path / "customers.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("case", FAULTS)
def test_a_file_with_a_line_that_would_be_skipped_is_refused(case, tmp_path):
    path, (content, fault) = tmp_path / "customers.jsonl", FAULTS[case]
    if content is not None:
        path.write_bytes(content)
    done = checked(path)
    assert done.returncode == 1
    assert done.stderr == f"{path}: {fault}; nothing was sent\n"


def test_the_job_ends_before_the_tap_starts(tmp_path):
    """The tap of this copy would leave a mark."""
    project = yaml.safe_load((EXAMPLE / "meltano.yml").read_text())
    (job,) = [each for each in project["jobs"] if each["name"] == "customers"]
    check, extract_and_load = job["tasks"]
    assert extract_and_load == "tap-jsonl target-clevertap"
    marking = {"name": "marking", "namespace": "marking", "executable": "touch"}
    project["plugins"]["utilities"].append(marking | {"commands": {"now": "mark"}})
    job["tasks"] = [check, "marking:now"]
    text = yaml.safe_dump(project, sort_keys=False)
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    (tmp_path / "meltano.yml").write_text(text.replace("/incoming/", f"{incoming}/"))
    shutil.copy(EXAMPLE / "check_lines.py", tmp_path)
    (incoming / "customers.jsonl").write_bytes(ROWS[:-5])
    done = run_meltano(tmp_path, "run", "customers")
    assert done.returncode == 1
    assert "line 2 is not a JSON object" in done.stdout + done.stderr
    assert not (tmp_path / "mark").exists()
    (incoming / "customers.jsonl").write_bytes(ROWS)
    assert run_meltano(tmp_path, "run", "customers").returncode == 0
    assert (tmp_path / "mark").exists()


@pytest.mark.parametrize("status", [0, 1])
def test_a_file_is_renamed_only_when_it_is_whole(status, tmp_path):
    assert wrote(tmp_path, status) == status
    assert (tmp_path / "incoming" / "customers.jsonl").exists() is (status == 0)


def test_the_file_is_for_the_user_of_the_image_and_no_user_of_the_host(tmp_path):
    assert wrote(tmp_path) == 0
    incoming = tmp_path / "incoming"
    modes = [path.stat().st_mode & 0o777 for path in (incoming, incoming / "customers.jsonl")]
    assert modes == [0o755, 0o644]
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def wrote(folder, status=0):
    """Follow the page with a umask that closes all to others; the export ends with a status."""
    folder.chmod(0o755)
    (folder / "incoming").mkdir(mode=0o700)
    export = f"export_customers() {{ echo '{{}}'; return {status}; }}"
    commands = block("examples/container/README.md", "The file of customers", "shell")
    program = ["bash", "-c", f"umask 077\n{export}\n{commands}"]
    return subprocess.run(program, cwd=folder, check=False).returncode
