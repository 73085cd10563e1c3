"""Meltano projects as users have them: installed from a git repository, and run by Meltano."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.support.plugin_process import BIN
from tests.support.run_output import clean_environment

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
OWNER = (ROOT / "hub" / "OWNER").read_text().strip()
REPOSITORY_URL = f"https://github.com/{OWNER}/clevertap-singer.git"
RUN_SECONDS = 420


def commit_working_tree(folder: Path) -> None:
    """Make a git repository of the files in this checkout, committed or not."""
    listed = [
        "git",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "--deduplicate",
    ]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, names.decode().split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    author = ["-c", "user.name=tests", "-c", "user.email=tests@example.invalid"]
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "all"]):
        subprocess.run(["git", *author, *arguments], cwd=folder, check=True)


def recipe(example: str, name: str) -> dict[str, Any]:
    """Return a plugin's settings, as an example has them."""
    definition = yaml.safe_load((EXAMPLES / example / "meltano.yml").read_text())
    plugins = [each for kind in definition["plugins"].values() for each in kind]
    return next(each["config"] for each in plugins if each["name"] == name)


def installing_environment(repository: Path) -> dict[str, str]:
    """Return an environment where the project's address leads to a repository on this machine."""
    return clean_environment(
        GIT_CONFIG_COUNT="1",
        GIT_CONFIG_KEY_0=f"url.file://{repository}.insteadOf",
        GIT_CONFIG_VALUE_0=REPOSITORY_URL,
        GIT_TERMINAL_PROMPT="0",
        MELTANO_CLI_DISABLE_VERSION_CHECK="1",
        MELTANO_SEND_ANONYMOUS_USAGE_STATS="false",
        NO_COLOR="1",
        PATH=f"{BIN}{os.pathsep}{os.environ['PATH']}",
        UV_COMPILE_BYTECODE="1",
        UV_NO_GITHUB_FAST_PATH="1",
        UV_PYTHON_DOWNLOADS="never",
    )


@dataclass
class Finished:
    """How a Meltano command ended."""

    status: int
    log: str
    output: str
    seconds: float


@dataclass
class Project:
    """A folder with a `meltano.yml`, and the environment its commands run in."""

    folder: Path
    environment: dict[str, str]
    secrets: dict[str, str] = field(default_factory=dict)
    """Settings that users keep out of `meltano.yml`, as environment variables."""

    @classmethod
    def of_example(cls, name: str, folder: Path, repository: Path) -> Project:
        """Copy an example into an empty folder."""
        shutil.copytree(EXAMPLES / name, folder, dirs_exist_ok=True)
        return cls(folder, installing_environment(repository))

    @property
    def definition(self) -> dict[str, Any]:
        return yaml.safe_load((self.folder / "meltano.yml").read_text())

    def edit(self, change: Any) -> None:
        """Let a function change the content of `meltano.yml`."""
        definition = self.definition
        change(definition)
        (self.folder / "meltano.yml").write_text(yaml.safe_dump(definition, sort_keys=False))

    def plugin(self, definition: dict[str, Any], name: str) -> dict[str, Any]:
        """Return a plugin's part of a definition."""
        kind = "extractors" if name.startswith("tap-") else "loaders"
        return next(each for each in definition["plugins"][kind] if each["name"] == name)

    def use_emulator(self, emulator: Any) -> None:
        """Give both of our plugins an emulator's address and credentials."""
        for plugin in ("TAP_CLEVERTAP", "TARGET_CLEVERTAP"):
            self.secrets[f"{plugin}_ACCOUNT_ID"] = emulator.account_id
            self.secrets[f"{plugin}_PASSCODE"] = emulator.passcode
            self.secrets[f"{plugin}_API_URL"] = emulator.url

    def use_postgres(self, server: Any) -> None:
        """Give the tap and the target of Postgres a server's address."""
        for plugin in ("TAP_POSTGRES", "TARGET_POSTGRES"):
            self.secrets[f"{plugin}_HOST"] = "127.0.0.1"
            self.secrets[f"{plugin}_PORT"] = str(server.port)
            self.secrets[f"{plugin}_USER"] = "postgres"
            self.secrets[f"{plugin}_PASSWORD"] = "postgres"
            self.secrets[f"{plugin}_DATABASE"] = "analytics"

    def meltano(self, *arguments: str, expected: int | None = 0, **environment: str) -> Finished:
        """Run a Meltano command to its end."""
        began = time.monotonic()
        finished = subprocess.run(
            [str(BIN / "meltano"), *arguments],
            cwd=self.folder,
            env={**self.environment, **self.secrets, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
            timeout=RUN_SECONDS,
        )
        seconds = time.monotonic() - began
        ended = Finished(finished.returncode, finished.stderr, finished.stdout, seconds)
        if expected is not None:
            assert ended.status == expected, ended.output[-3000:] + ended.log[-6000:]
        return ended

    def run(self, *tasks: str, **environment: str) -> Finished:
        return self.meltano("run", *tasks, **environment)

    def state(self, state_id: str) -> dict[str, Any]:
        """Return what Meltano keeps under a state id."""
        return json.loads(self.meltano("state", "get", state_id).output)
