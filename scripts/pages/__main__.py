"""Builds the site of the documents: `make docs` runs it.

`build/docs/markdown` has each page as Markdown whose links work in the site. `build/docs/source`
has the same pages with the navigation, for Sphinx. `build/docs/html` is the site.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from scripts.pages.content import read

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "docs"
SPHINX = ["--fresh-env", "--fail-on-warning", "--keep-going", "--quiet", "--builder", "html"]


def main() -> int:
    """Build the site; return Sphinx's exit status, or 1 for a fault of a page."""
    try:
        content = read(ROOT)
    except ValueError as fault:
        print(fault, file=sys.stderr)  # noqa: T201 - a program
        return 1
    shutil.rmtree(BUILT / "html", ignore_errors=True)
    written(content.sources, content.pictures, BUILT / "source")
    written(content.texts, content.pictures, BUILT / "markdown")
    status = sphinx()
    if status == 0:
        shutil.copytree(BUILT / "markdown", BUILT / "html", dirs_exist_ok=True)
        print(f"{BUILT / 'html' / 'index.html'}: {len(content.sources)} pages")  # noqa: T201 - same
    return status


def sphinx() -> int:
    """Run Sphinx, without any network."""
    folders = [str(BUILT / "source"), str(BUILT / "html")]
    options = ["--conf-dir", str(ROOT / "docs"), "--doctree-dir", str(BUILT / "doctrees")]
    command = [sys.executable, "-m", "sphinx", *SPHINX, *options, *folders]
    return subprocess.run(command, check=False).returncode  # noqa: S603 - fixed


def written(texts: dict[str, str], pictures: dict[str, bytes], folder: Path) -> None:
    """Make a folder have these files and no other; a file that is the same keeps its time."""
    wanted = {**{place: text.encode() for place, text in texts.items()}, **pictures}
    for path in [each for each in folder.rglob("*") if each.is_file()]:
        if path.relative_to(folder).as_posix() not in wanted:
            path.unlink()
    for place, content in wanted.items():
        path = folder / place
        if not path.is_file() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
