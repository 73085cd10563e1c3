"""Checks that packages can be released, and leaves all that is published in a folder.

Run by `make release-check`, for all packages or for those that are named. It uploads nothing.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bill import write_bill
from building import archives_of, build, digest
from packages import NAMES, ROOT, Package, ReleaseError, package_of
from programs import BIN, TOOLS, run
from pythons import environment, installed
from trial import Programs, round_trip

if TYPE_CHECKING:
    from collections.abc import Sequence

PUBLISHED = {".gz", ".json", ".whl"}
LEFT = PUBLISHED | {".md"}
OTHERS = {"SHA256SUMS", ".gitignore"}


def main(arguments: list[str]) -> None:
    """Check the packages and exit with 1 at the first that cannot be released."""
    parser = argparse.ArgumentParser(prog="make release-check")
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", help="; ".join(NAMES))
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="folder, made anew")
    parser.add_argument(
        "--python",
        action="append",
        help="a version that has to be tried; default all that are installed",
    )
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.packages) - set(NAMES))
    if unknown:
        parser.error(f"there is no package {unknown[0]}; name {', '.join(NAMES)}")
    try:
        with tempfile.TemporaryDirectory(prefix="release-") as folder:
            packages = [package_of(name) for name in given.packages or NAMES]
            Check(packages, given.out, Path(folder)).run(given.python)
    except ReleaseError as error:
        sys.exit(f"make release-check: {error}")
    except subprocess.TimeoutExpired as error:
        sys.exit(f"make release-check: {error}; run the command by hand and see what it waits for")


@dataclass(frozen=True)
class Check:
    """One check of some packages: what is published goes into `out`, all else into `folder`."""

    released: list[Package]
    out: Path
    folder: Path

    def run(self, only: list[str] | None) -> None:
        """Build and try the packages, with the given versions of Python or with all.

        Raises:
            ReleaseError: One cannot be released, or a given version is not installed.
        """
        _need(only or ())
        make_anew(self.out)
        self._tell_uncommitted()
        self._tell_released()
        for package in self.released:
            build(package, self.out, self.folder / "again")
            _tell(f"{package.name} {package.version}: built twice with the same bytes")
        self._try_each_python(only or self.released[0].pythons)
        self._try_without_installing()
        self._sum()

    def _tell_uncommitted(self) -> None:
        changed = run("git", "-C", ROOT, "status", "--porcelain", "--", *NAMES).splitlines()
        if changed:
            _tell(f"not committed, and in the archives: {len(changed)} files; commit them first")

    def _tell_released(self) -> None:
        """Tell which versions have a tag on another commit: the next release needs new ones."""
        here = run("git", "-C", ROOT, "tag", "--points-at", "HEAD").split()
        tags = run("git", "-C", ROOT, "tag", "--list").split()
        for package in self.released:
            if package.tag in tags and package.tag not in here:
                _tell(f"{package.tag}: this tag is on another commit; raise the version to release")

    def _wheels(self) -> dict[str, Path]:
        """Return the wheels, and those of the other packages for the round trip."""
        others = {
            name: build(package_of(name), self.folder / "others", self.folder / "again")
            for name in set(NAMES) - {package.name for package in self.released}
        }
        return others | {each.name: archives_of(each, self.out)[1] for each in self.released}

    def _try_each_python(self, versions: Sequence[str]) -> None:
        found, wheels = installed(versions), self._wheels()
        programs: dict[str, Path] = {}
        for version, python in found.items():
            place = self.folder / version
            programs = {
                name: environment(place / name, python, wheel) for name, wheel in wheels.items()
            }
            for package in self.released:
                source, _ = archives_of(package, self.out)
                _start(package, programs[package.name])
                _start(package, environment(place / f"{package.name}-source", python, source))
            moved = round_trip(Programs(*(programs[name] for name in NAMES)), place / "trip")
            _tell(
                f"Python {version}: each wheel and source archive runs; {moved} events went round"
            )
        missing = [version for version in versions if version not in found]
        if missing:
            _tell(f"not tried, as it is not installed here: Python {', '.join(missing)}")
        if not found:
            message = "no Python that the packages support is installed; install one"
            raise ReleaseError(message)
        self._write_bills(programs)

    def _write_bills(self, programs: dict[str, Path]) -> None:
        for package in self.released:
            count = write_bill(package, programs[package.name], self.out)
            _tell(f"{package.name}: its bill of materials has {count} components")

    def _try_without_installing(self) -> None:
        """Run the packages as `uvx` and `pipx run` do, with the folder in place of PyPI.

        Raises:
            ReleaseError: Another version ran.
        """
        places = {"PIPX_HOME": str(self.folder / "pipx"), "PIPX_DEFAULT_PYTHON": sys.executable}
        links = {"PIP_FIND_LINKS": str(self.out), "UV_FIND_LINKS": str(self.out)}
        for package in self.released:
            line = (package.name, "--version")
            uvx = run(BIN / "uvx", "--refresh-package", package.name, *line, environment=links)
            pipx = run(TOOLS / "pipx", "run", *line, environment=links | places)
            if not (package.is_named_in(uvx) and package.is_named_in(pipx)):
                message = f"{package.name}: uvx or pipx ran another version than {package.version}"
                raise ReleaseError(message)
            _tell(f"{package.name}: uvx and pipx run it")

    def _sum(self) -> None:
        for package in self.released:
            (self.out / f"{package.tag}.md").write_text(package.notes, encoding="utf-8")
        files = sorted(each for each in self.out.iterdir() if each.suffix in PUBLISHED)
        sums = "".join(f"{digest(path)}  {path.name}\n" for path in files)
        (self.out / "SHA256SUMS").write_text(sums, encoding="utf-8")
        _tell(f"ready in {self.out.name}/: {len(files)} files with their sums")
        for package in self.released:
            _tell(f"tag: {package.tag}")


def make_anew(folder: Path) -> None:
    """Empty the folder of an earlier check, or make it.

    Raises:
        ReleaseError: It has something else.
    """
    for each in sorted(folder.iterdir()) if folder.is_dir() else ():
        if each.is_dir() or not (each.suffix in LEFT or each.name in OTHERS):
            message = f"{folder}: {each.name} is not of a release; name an empty folder"
            raise ReleaseError(message)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _need(versions: Sequence[str]) -> None:
    """Check that each version of Python that was named can be tried.

    Raises:
        ReleaseError: One is not installed.
    """
    if missing := sorted(set(versions) - installed(versions).keys()):
        message = f"Python {', '.join(missing)}: it is not installed here; install it"
        raise ReleaseError(message)


def _start(package: Package, programs: Path) -> None:
    """Run the program of a package that is installed alone.

    Raises:
        ReleaseError: It does not run, or reports another version.
    """
    program = programs / package.name
    if not package.is_named_in(run(program, "--version")):
        message = f"{package.name}: it reports another version than {package.version}"
        raise ReleaseError(message)
    run(program, "--help")
    if package.name != "clevertap-emulator":
        run(program, "--about", "--format", "json")


def _tell(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a program


if __name__ == "__main__":
    main(sys.argv[1:])
