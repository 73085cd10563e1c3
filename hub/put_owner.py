"""Puts the repository's owner everywhere: `make owner NAME=acme`."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OWNER = ROOT / "hub" / "OWNER"
DATA = ROOT / "hub" / "_data"

GITHUB_NAME = re.compile(r"(?=.{1,39}\Z)[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
"""What GitHub allows as the name of a user or an organization."""

REPOSITORY = "clevertap-singer"
PLACES = {
    "default_variants.yml": r"  (?:tap|target)-clevertap: ",
    "maintainers.yml": r"|  name: |  label: |  url: https://github\.com/",
}
"""The text before the owner in a line of the Hub's files; in definitions it is `variant`."""

YAML_WORDS = frozenset({"false", "n", "no", "null", "off", "on", "true", "y", "yes"})


def main(arguments: list[str]) -> None:
    """Replace the owner in `hub/OWNER` by the one given."""
    if len(arguments) != 1 or not GITHUB_NAME.fullmatch(arguments[0]):
        sys.exit("Give the name of a GitHub user or organization, as in: make owner NAME=acme")
    if not OWNER.is_file():
        sys.exit(f"{OWNER} is missing; it holds the name to replace")
    old, new = OWNER.read_text().strip(), arguments[0]
    changed = sum([put(path, old, new) for path in files()])
    for path in DATA.glob(f"meltano/*/*/{old.lower()}.yml"):
        path.rename(path.with_name(f"{new.lower()}.yml"))
    OWNER.write_text(f"{new}\n")
    print(f"The owner was {old} and is {new}: {changed} files are changed.")  # noqa: T201 - a program


def files() -> list[Path]:
    """Return all files that are under version control, or would be."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)  # noqa: S603 - fixed
    if listed.returncode:
        sys.exit(f"{ROOT} is not a git clone; run this in one, as git lists the files to change")
    paths = {ROOT / name for name in listed.stdout.decode().split("\0") if name}
    return [path for path in paths if path.is_file()]


def put(path: Path, old: str, new: str) -> bool:
    """Replace the owner in a file; return whether it was there."""
    content = path.read_bytes()
    try:
        text = content.decode()
    except UnicodeDecodeError:  # an image, for example
        return False
    text = re.sub(rf"(?<=\.com[/:]){old}(?=/{REPOSITORY}\b)", new, text)
    text = re.sub(rf"(?<=-clevertap/){old.lower()}(?=\.yml\b)", new.lower(), text)
    if DATA in path.parents:
        text = put_in_data(path.name, text, old, new)
    path.write_bytes(text.encode())
    return text.encode() != content


def put_in_data(name: str, text: str, old: str, new: str) -> str:
    """Replace the owner where the Hub names a variant or a maintainer: mostly in lower case."""
    place = PLACES.get(name, "variant: ")

    def line(found: re.Match[str]) -> str:
        if found[1].endswith("/"):
            return found[1] + new
        return found[1] + scalar(new if "label" in found[1] else new.lower())

    flags = re.MULTILINE | re.IGNORECASE
    return re.sub(rf"^({place})'?{old}'?(?=:?$)", line, text, flags=flags)


def scalar(name: str) -> str:
    """Return a name as YAML reads it as text, also where it looks like a number or a date."""
    return f"'{name}'" if name[0].isdigit() or name.lower() in YAML_WORDS else name


if __name__ == "__main__":
    main(sys.argv[1:])
