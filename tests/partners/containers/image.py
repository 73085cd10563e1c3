"""Images without an engine: a Dockerfile is run in layers over this machine's own files.

Each stage is an overlay of `/`, so that it can write anywhere and changes nothing. Processes are
in a mount and a PID namespace of their own, so that the first one is process 1, as in a container.
This needs root and Linux. What it does not show: the base image, which is this machine with a new
environment of Python in front, and limits of the engine such as `cap_drop`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.partners.containers.container_file import Instruction, context, expanded, instructions

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT_USER = "0:0"
BUILD_SECONDS = 1200
FROM_HOST = ("PIP_", "UV_INDEX", "UV_DEFAULT", "UV_NO_GITHUB", "GIT_", "SSL_", "http", "HTTP")
"""Variables that only the build sees: where packages are, on this machine."""
BASE = "/base-image"
PATH = f"{BASE}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MOUNTS = """
set -e
layer=$1; shift
mount -t overlay overlay -o lowerdir=/,upperdir=$layer/upper,workdir=$layer/work $layer/root
"""
ON_TOP = """
image=$layer; layer=$1; shift
mount -t overlay overlay \\
  -o lowerdir=$image/root,upperdir=$layer/upper,workdir=$layer/work $layer/root
"""
ENTER = """
mount -t proc proc $layer/root/proc
mount --rbind /dev $layer/root/dev
while [ "$1" != -- ]; do
  mkdir -p "$layer/root$2"; mount --bind "$1" "$layer/root$2"; shift 2
done
shift
exec chroot "$@"
"""
COPIED = """
cd "$1"
find . -mindepth 1 -type d | while read -r new; do
  [ -d "$layer/root/$new" ] || { mkdir "$layer/root/$new"; chown "$2" "$layer/root/$new"; }
done
find . -type f | while read -r file; do
  cp --preserve=mode,timestamps "$file" "$layer/root/$file"; chown "$2" "$layer/root/$file"
done
"""
TAKE = """
mount -t overlay overlay -o lowerdir=/,upperdir=$1/upper,workdir=$1/work $1/root
mkdir -p "$layer/root$3"
cp -R --preserve=mode,links,timestamps "$1/root$2/." "$layer/root$3/"
"""


def needs_overlays(folder: Path) -> None:
    """Skip where no container can be made of namespaces and of an overlay in a folder."""
    if os.geteuid() or shutil.which("unshare") is None:
        pytest.skip("containers without an engine need root and Linux")
    layer = new_layer(folder)
    program = f'{MOUNTS}test -d "$layer/root/proc" && test ! -e "$layer/root$layer/root/proc"'
    command = ["unshare", "--mount", "--pid", "--fork", "sh", "-c", program, "sh", str(layer)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("containers without an engine need namespaces, and an overlay of /")


def new_layer(folder: Path) -> Path:
    """Make the folders of an overlay."""
    for each in ("upper", "work", "root"):
        (folder / each).mkdir(parents=True)
    return folder


@dataclass
class Stage:
    """One stage of a build, and what its processes get."""

    layer: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    folder: str = "/"
    user: str = ROOT_USER
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    stop_signal: str = "SIGTERM"

    @property
    def upper(self) -> Path:
        """The files that the stage added or changed."""
        return self.layer / "upper"

    def start(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        layer: Path | None = None,
        volumes: Mapping[Path, str] | None = None,
        network: int | None = None,
        own_network: bool = False,
        **options: Any,
    ) -> subprocess.Popen[str]:
        """Start a process as number 1, in a layer above the stage's or in the stage itself.

        Its network is the machine's, one of its own, or that of the process `network`.
        """
        namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        if own_network:
            namespaces.append("--net")
        joined = [] if network is None else ["nsenter", f"--net=/proc/{network}/ns/net"]
        shared = [str(each) for pair in (volumes or {}).items() for each in pair]
        variables = {"HOME": self._home(), **self.environment, **environment}
        entered = [
            f"--userspec={self.user}",
            str((layer or self.layer) / "root"),
            *["/usr/bin/env", "-i", "-C", self.folder],
            *[f"{name}={value}" for name, value in variables.items()],
        ]
        script = (
            MOUNTS
            + (ON_TOP if layer else "")
            + ("ip link set lo up" if own_network else "")
            + ENTER
        )
        layers = [str(self.layer), *([str(layer)] if layer else [])]
        shell = ["sh", "-c", script, "sh", *layers, *shared, "--"]
        whole = [*joined, *namespaces, *shell, *entered, *command]
        return subprocess.Popen(whole, text=True, stdin=subprocess.DEVNULL, **options)

    def _home(self) -> str:
        """Return the home of the user, as the stage's own list of users has it."""
        users = self.upper / "etc" / "passwd"
        lines = (users if users.exists() else Path("/etc/passwd")).read_text().splitlines()
        number = self.user.split(":")[0]
        homes = [line.split(":")[5] for line in lines if line.split(":")[2] == number]
        return homes[0] if homes else "/"


class Build:
    """Builds the last stage of a Dockerfile."""

    def __init__(self, file: Path, folder: Path, place: Path, host: Mapping[str, str]) -> None:
        self.file, self.place = file, place
        self.host = {name: value for name, value in host.items() if name.startswith(FROM_HOST)}
        self.stages: dict[str, Stage] = {}
        self.context = place / "context"
        for each in context(folder):
            (self.context / each).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(folder / each, self.context / each)

    def run(self) -> Stage:
        """Run all instructions."""
        for each in instructions(self.file):
            getattr(self, f"_{each.name.lower()}")(each)
        return self.stage

    def _from(self, given: Instruction) -> None:
        image, *name = given.words
        assert image.startswith("python:"), image
        layer = self.place / f"stage-{len(self.stages)}"
        self.stage = Stage(new_layer(layer))
        self.stages[name[1] if name else ""] = self.stage
        opened = [each for each in Path(sys.base_prefix).parents if not each.stat().st_mode & 1]
        for folder in opened:  # a Python below /root, which other users may not enter
            self._execute(["chmod", "a+x", str(folder)])
        self._execute([sys.executable, "-m", "venv", BASE])

    def _run(self, given: Instruction) -> None:
        self._execute(given.command)

    def _execute(self, command: Sequence[str]) -> None:
        pipe = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        process = self.stage.start(command, environment=self.host, **pipe)
        try:
            output, _ = process.communicate(timeout=BUILD_SECONDS)
        finally:
            process.kill()  # with it, all that it started
        assert process.returncode == 0, f"{command}: {output[-4000:]}"

    def _copy(self, given: Instruction) -> None:
        *sources, target = (expanded(each, self.stage.environment) for each in given.words)
        to = os.path.normpath(Path(self.stage.folder) / target)
        if "from" in given.options:
            (source,) = sources
            other = self.stages[given.options["from"]]
            self._in_layer(TAKE, str(other.layer), source, to)
            return
        staged = self.place / "staged"
        shutil.rmtree(staged, ignore_errors=True)
        is_folder = target.endswith("/") or len(sources) > 1
        for source in sources:
            self._stage(self.context / source, staged, Path(to), is_folder=is_folder)
        for path in staged.rglob("*"):
            if path.is_file() and "chmod" in given.options:
                path.chmod(int(given.options["chmod"], 8))
        owner = given.options.get("chown", ROOT_USER)
        self._in_layer(COPIED, str(staged), owner)

    @staticmethod
    def _stage(source: Path, staged: Path, to: Path, *, is_folder: bool) -> None:
        assert source.exists(), f"{source} is not in the build's context"
        inner = staged / to.relative_to("/")
        if source.is_dir():
            shutil.copytree(source, inner, dirs_exist_ok=True)
            return
        file = inner / source.name if is_folder else inner
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, file)

    def _in_layer(self, script: str, *arguments: str) -> None:
        command = ["unshare", "--mount", "sh", "-c", MOUNTS + script, "sh"]
        subprocess.run([*command, str(self.stage.layer), *arguments], check=True)

    def _env(self, given: Instruction) -> None:
        self.stage.environment |= given.pairs(self.stage.environment)

    def _workdir(self, given: Instruction) -> None:
        self.stage.folder = given.text
        self._in_layer('mkdir -p "$layer/root$1"', given.text)

    def _user(self, given: Instruction) -> None:
        assert given.text.replace(":", "").isdigit(), "a number: Kubernetes cannot check a name"
        self.stage.user = given.text

    def _entrypoint(self, given: Instruction) -> None:
        assert given.is_exec, "a shell would keep signals to itself"
        self.stage.entrypoint, self.stage.command = given.words, []

    def _cmd(self, given: Instruction) -> None:
        self.stage.command = given.words

    def _healthcheck(self, given: Instruction) -> None:
        kind, _, command = given.text.partition(" ")
        assert kind == "CMD"
        self.stage.health = Instruction(kind, {}, command.strip()).command

    def _stopsignal(self, given: Instruction) -> None:
        self.stage.stop_signal = given.text

    def _expose(self, given: Instruction) -> None:
        assert given.text.isdigit()

    def _volume(self, given: Instruction) -> None:
        assert given.text.startswith("/")
