"""Give each partner an environment of its own under `.venv/partners`, filled once: by make.

An environment is filled anew when its packages or the Python change.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.partners.partner import ENVIRONMENTS, entries, python_fits

UV = Path(sys.executable).with_name("uv")
STAMP = "filled-with"
PROGRAMS = {
    "airflow": ["apache-airflow==3.3.2"],
    "dagster": ["dagster==1.13.29"],
    "kubernetes": ["kubernetes-validate==1.37.0"],
}
"""Tools whose packages do not go with those of the plugins."""


def main() -> None:
    """Fill what is not filled yet."""
    for entry in entries():
        if "packages" in entry and python_fits(entry):
            fill(ENVIRONMENTS / entry["name"], entry["packages"])
    for name, packages in PROGRAMS.items():
        fill(ENVIRONMENTS / name, packages)


def fill(folder: Path, packages: list[str]) -> None:
    """Install packages into a new environment, unless it has them."""
    stamp, wanted = folder / STAMP, "\n".join([sys.version, *packages])
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    sys.stderr.write(f"installing {' '.join(packages)}\n")
    python = ["--python", sys.executable]
    subprocess.run([UV, "venv", "--quiet", "--clear", *python, folder], check=True)
    python = ["--python", str(folder / "bin" / "python")]
    subprocess.run([UV, "pip", "install", "--quiet", *python, *packages], check=True)
    stamp.write_text(wanted)


if __name__ == "__main__":
    main()
