"""`make fuzz` fails wherever it did not fuzz: its engine is missing, was killed, or did nothing."""

from __future__ import annotations

import sys
import textwrap

import pytest

from verification.fuzz import run

READER = "states"
ENGINE = """
import os, sys
from contextlib import nullcontext

def instrument_imports(include):
    return nullcontext()

def Setup(arguments, read, custom_mutator):
    global prefix
    prefix = dict(each.partition("=")[::2] for each in arguments)["-artifact_prefix"]

def Fuzz():
{does}
"""
READ_SOME = 'print("cov: 7 ft: 9\\nstat::number_of_executed_units: 12", file=sys.stderr)'
FIND = 'open(prefix + "crash-1", "w").close()'


@pytest.fixture
def fuzz(monkeypatch, tmp_path, capsys):
    """Fuzz with an engine that does this; return the exit status, and what was printed."""

    def fuzz(*does):
        text = ENGINE.format(does=textwrap.indent("\n".join(does), "    "))
        (tmp_path / "atheris.py").write_text(text)
        with pytest.raises(SystemExit) as ended:
            run.main()
        return ended.value.code, capsys.readouterr().out

    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(run, "find_spec", lambda _: "there")
    arguments = ["--seconds", "1", "--out", str(tmp_path / "out"), READER]
    monkeypatch.setattr(sys, "argv", ["make fuzz", *arguments])
    return fuzz


def test_an_engine_that_reads_and_finds_nothing_is_good(fuzz):
    status, printed = fuzz(READ_SOME)
    assert not status
    assert "12 executions" in printed
    assert printed.endswith("found: nothing\n")


@pytest.mark.parametrize(
    ("does", "ended"),
    [
        ("os.kill(os.getpid(), 9)", -9),
        ("raise ImportError", 1),
        ("os._exit(0)", 0),
        (f"{READ_SOME}; sys.stderr.flush(); os._exit(77)", 77),
    ],
    ids=["killed", "raised", "read-nothing", "crashed-without-an-artefact"],
)
def test_an_engine_that_ends_otherwise_fails_the_run(fuzz, tmp_path, does, ended):
    status, printed = fuzz(does)
    assert status
    log = tmp_path / "out" / "findings" / f"{READER}.log"
    assert printed.endswith(f"nothing, but the engine ended with status {ended}; read {log}\n")


def test_what_is_found_again_is_a_finding_again(fuzz, tmp_path):
    for _ in range(2):
        status, printed = fuzz(READ_SOME, FIND)
        assert status
        assert printed.endswith(f"found: {tmp_path / 'out' / 'findings' / READER}-crash-1\n")
    status, printed = fuzz(READ_SOME)
    assert not status
    assert printed.endswith("found: nothing\n")


def test_without_an_engine_nothing_is_fuzzed(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "atheris", None)
    monkeypatch.setattr(sys, "argv", ["make fuzz", "--out", str(tmp_path / "out"), READER])
    with pytest.raises(SystemExit, match="atheris is not installed, so nothing was fuzzed"):
        run.main()
    assert not (tmp_path / "out").exists()
