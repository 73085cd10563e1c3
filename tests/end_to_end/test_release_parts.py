"""What `make release-check` says of versions, and of programs that do not end."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

RELEASE = Path(__file__).parents[2] / "release"


@pytest.fixture
def part(monkeypatch):
    monkeypatch.syspath_prepend(RELEASE)
    return importlib.import_module


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("tap-clevertap v0.1.1, Meltano SDK v0.54.9", True),
        ("clevertap-emulator, version 0.1.1\n", True),
        ("tap-clevertap v0.1.10, Meltano SDK v0.54.9", False),
        ("tap-clevertap v0.1.1rc1, Meltano SDK v0.54.9", False),
        ("tap-clevertap v0.1.1.dev2, Meltano SDK v0.54.9", False),
        ("tap-clevertap v10.1.1, Meltano SDK v0.54.9", False),
        ("tap-clevertap v0.1.0, Meltano SDK v2.0.1.1", False),
    ],
)
def test_a_version_is_not_a_part_of_another_one(part, text, is_named):
    package = part("packages").Package("tap-clevertap", "0.1.1", ("3.11",), "")
    assert package.is_named_in(text) is is_named


def test_a_program_that_is_missing_or_hangs_is_named(part, monkeypatch):
    programs, error = part("programs"), part("packages").ReleaseError
    with pytest.raises(
        error, match="no-such-program --version: No such file or directory; install"
    ):
        programs.run("no-such-program", "--version")
    monkeypatch.setattr(programs, "SECONDS", 0.2)
    with pytest.raises(error, match=r"sleep 30: no end after 0\.2 seconds; run it alone"):
        programs.run("sleep", 30)


def test_a_folder_with_something_else_is_not_emptied(part, tmp_path):
    check, error = part("check"), part("packages").ReleaseError
    for name in ("a-0.1.0.tar.gz", "a-v0.1.0.md", "SHA256SUMS", ".gitignore"):
        (tmp_path / name).touch()
    check.make_anew(tmp_path)
    assert list(tmp_path.iterdir()) == []
    for keep in (tmp_path / "notes.txt", tmp_path / ".git"):
        keep.mkdir()
        with pytest.raises(error, match="is not of a release; name an empty folder"):
            check.make_anew(tmp_path)
        assert keep.exists()
        keep.rmdir()
