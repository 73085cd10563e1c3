"""Targets of make look at all they speak of, and fail if a program that they run fails."""

from __future__ import annotations

import itertools
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("tap-clevertap", "target-clevertap", "clevertap-emulator")
OF_MAKE = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
"""Variables of a make that runs these tests."""


@pytest.fixture
def make(tmp_path):
    """Run a target in an empty folder, with programs that write down their arguments and end so."""
    (tmp_path / ".venv").mkdir()

    def make(target, **statuses):
        for name, status in statuses.items():
            program = tmp_path / name.replace("_", "-")
            called = f'echo "$@" >> {tmp_path}/{program.name}.called'
            program.write_text(f"#!/bin/sh\n{called}\necho one==1.0\nexit {status}\n")
            program.chmod(0o755)
        command = ["make", "--file", ROOT / "Makefile", f"BIN={tmp_path}", target]
        old = [f"--old-file=.venv/{stamp}" for stamp in (".complete", ".audit")]
        environment = {name: value for name, value in os.environ.items() if name not in OF_MAKE}
        return subprocess.run(
            [*command, *old], cwd=tmp_path, env=environment, capture_output=True, check=False
        ).returncode

    return make


def test_the_audit_asks_for_every_package_with_all_its_extras(make, tmp_path):
    assert make("audit", uv=0, pip_audit=0) == 0
    (compiled,) = (tmp_path / "uv.called").read_text().splitlines()
    assert "--all-extras" in compiled.split()
    assert {f"{package}/pyproject.toml" for package in PACKAGES} <= {*compiled.split()}
    (audited,) = (tmp_path / "pip-audit.called").read_text().splitlines()
    asked = dict(zip(compiled.split(), compiled.split()[1:], strict=False))["--output-file"]
    assert audited.endswith(f"--requirement {asked}")


@pytest.mark.parametrize("statuses", [{"uv": 1, "pip_audit": 0}, {"uv": 0, "pip_audit": 1}])
def test_an_audit_that_fails_anywhere_fails(make, statuses):
    assert make("audit", **statuses)


def test_pins_of_a_compilation_that_failed_are_not_taken(make, tmp_path):
    assert make("constraints", uv=1)
    assert not (tmp_path / "constraints.txt").exists()
    assert make("constraints", uv=0) == 0
    assert "one==1.0" in (tmp_path / "constraints.txt").read_text()


def test_what_the_tests_leave_out_has_a_target_of_its_own(make, tmp_path):
    assert make("test", pytest=0) == make("test-long", pytest=0) == 0
    most, long = (line.split() for line in (tmp_path / "pytest.called").read_text().splitlines())
    left_out = {path for flag, path in itertools.pairwise(most) if flag == "--ignore"}
    given = {path for path in long if path.startswith("tests/")}
    assert given
    assert left_out == given | {"tests/partners", "tests/site"}
