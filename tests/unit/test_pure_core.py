"""The pure core does no I/O: it imports no module that reads, writes, waits or connects."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PURE = {
    "tap_clevertap": (
        "records",
        "query",
        "typed",
        "exports/windows.py",
        "exports/planner.py",
        "exports/progress.py",
        "inbox/bodies.py",
        "inbox/messages.py",
        "counts/totals.py",
        "counts/windows.py",
        "counts/verification.py",
        "check/clock.py",
        "check/connection.py",
        "receipt/calendar.py",
        "receipt/page.py",
        "receipt/report.py",
        "progress/figures.py",
    ),
    "target_clevertap": (
        "records",
        "ledger/former",
        "ledger/blocks.py",
        "ledger/filter.py",
        "ledger/known_rows.py",
        "ledger/merging.py",
        "ledger/pending.py",
        "ledger/profile_hashes.py",
        "delivery/checkpoints.py",
        "delivery/counts.py",
        "dry_run/masking.py",
        "dry_run/preview.py",
        "dry_run/report.py",
        "dry_run/verdicts.py",
        "report/charts.py",
        "report/page.py",
        "report/report.py",
    ),
}
"""By package, folders and modules of the pure core: all they import has to be pure, too."""
FORBIDDEN = {
    "asyncio",
    "click",
    "fcntl",
    "http",
    "io",
    "logging",
    "multiprocessing",
    "os",
    "pathlib",
    "queue",
    "requests",
    "select",
    "shutil",
    "signal",
    "singer_sdk",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "urllib3",
}
ALLOWED = {"http.HTTPStatus", "io.BytesIO", "sys.byteorder", "threading.Lock"}


def imported(path: Path) -> set[str]:
    """Return the dotted names that a module imports when it runs; types alone do not count."""
    names = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text())]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        elif isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = ".".join(path.relative_to(ROOT).parts[1:-1][: -node.level or None])
            base = ".".join(filter(None, (package if node.level else "", node.module)))
            names.update(f"{base}.{alias.name}" for alias in node.names)
        else:
            waiting += ast.iter_child_nodes(node)
    return names


def module_of(package: str, name: str) -> Path | None:
    """Return the file of a module of ours, by the name of it or of something in it."""
    root = ROOT / package.replace("_", "-")
    for dotted in (name, name.rpartition(".")[0]):
        path = root.joinpath(*dotted.split("."))
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if dotted and file.is_file():
                return file
    return None


def pure_core(package: str) -> list[Path]:
    root = ROOT / package.replace("_", "-") / package
    places = [root / each for each in PURE[package]]
    assert all(place.exists() for place in places)
    return sorted(
        {file for place in places for file in (place.rglob("*.py") if place.is_dir() else [place])}
    )


def faults(package: str) -> list[str]:
    """Return what the pure core imports, directly or not, that does I/O."""
    found, seen = [], set()
    waiting = [(file, file.name) for file in pure_core(package)]
    while waiting:
        file, way = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        for name in imported(file):
            if name.split(".")[0] in FORBIDDEN and name not in ALLOWED:
                found.append(f"{way}: {name}")
            elif name.startswith(package) and (own := module_of(package, name)):
                waiting.append(
                    (own, f"{way} -> {own.relative_to(ROOT / package.replace('_', '-') / package)}")
                )
    return sorted(found)


@pytest.mark.parametrize("package", PURE)
def test_the_pure_core_imports_nothing_that_does_io(package):
    assert pure_core(package)
    assert faults(package) == []
