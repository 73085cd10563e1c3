"""What `make release-check` says of versions, and of programs that do not end."""

from __future__ import annotations

import importlib
import subprocess
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


def package_with(root, section):
    """Write the files of a package whose version is 0.2.0."""
    folder = root / "tap-clevertap"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('version = "0.2.0"\n')
    (folder / "CHANGELOG.md").write_text(f"# Changelog\n\n## Unreleased\n\n- New.\n\n{section}")


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("## 0.2.0\n\n- A setting.\n", r"the newest section is not `## 0\.2\.0 \(YYYY-MM-DD\)`"),
        ("## 0.1.0 (2026-11-29)\n\n- A setting.\n", "the newest section is not"),
        ("## 0.2.0 (2026-11-31)\n\n- A setting.\n", "2026-11-31 is not a day; correct"),
        ("## 0.2.0 (2026-11-30)\n\n## 0.1.0 (2026-11-29)\n", "the section of 0.2.0 is empty"),
    ],
)
def test_a_changelog_without_a_dated_section_of_the_version_is_refused(
    part, tmp_path, section, message
):
    packages = part("packages")
    package_with(tmp_path, section)
    with pytest.raises(packages.ReleaseError, match=message):
        packages.package_of("tap-clevertap", tmp_path)


def test_the_notes_are_those_of_the_version_alone(part, tmp_path):
    section = "## 0.2.0 (2026-11-30)\n\n- Ändert etwas.\n\n## 0.1.0 (2026-11-29)\n\n- First.\n"
    package_with(tmp_path, section)
    assert part("packages").package_of("tap-clevertap", tmp_path).notes == "- Ändert etwas.\n"


def test_a_version_whose_tag_is_on_another_commit_is_named(part, tmp_path, monkeypatch, capsys):
    check, packages = part("check"), part("packages")
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]

    def git(*arguments):
        command = ["git", "-C", tmp_path, *identity, *arguments]
        subprocess.run(command, check=True)

    monkeypatch.setattr(check, "ROOT", tmp_path)
    released = packages.Package("tap-clevertap", "0.1.0", ("3.11",), "")
    checked = check.Check([released], tmp_path, tmp_path)
    git("init", "--quiet")
    git("commit", "--quiet", "--allow-empty", "--message", "Release")
    git("tag", released.tag)
    checked._tell_released()
    assert capsys.readouterr().out == ""
    git("commit", "--quiet", "--allow-empty", "--message", "More")
    checked._tell_released()
    assert "tap-clevertap-v0.1.0: this tag is on another commit" in capsys.readouterr().out


def test_a_python_that_was_named_and_is_missing_is_refused_before_all_else(part, tmp_path):
    (tmp_path / "SHA256SUMS").touch()
    expected = r"make release-check: Python 3\.99: it is not installed here; install it"
    with pytest.raises(SystemExit, match=expected):
        part("check").main(["tap-clevertap", "--out", str(tmp_path), "--python=3.99"])
    assert (tmp_path / "SHA256SUMS").exists()
