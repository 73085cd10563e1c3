"""The container files of the repository: what reads them without an engine accepts them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from functools import cache
from pathlib import Path

import meltano.core
import pytest
import yaml

from tests.partners.containers.container_file import context, instructions
from tests.support.plugin_process import BIN

ROOT = Path(__file__).parents[3]
DOCKERFILES = [*ROOT.glob("*/Dockerfile"), *ROOT.glob("examples/*/Dockerfile")]
COMPOSE_FILES = [ROOT / "compose.yml", *ROOT.glob("examples/*/compose.yml")]
SETTINGS = Path(meltano.core.__file__).parent / "bundle" / "settings.yml"
VARIABLES = {  # that a file asks for
    "CLEVERTAP_ACCOUNT_ID": "TEST-000-0000",
    "CLEVERTAP_PASSCODE": "emulator",
    "INBOX_TOKEN": "0123456789abcdef",
    "INBOX_HOST": "inbox.example.com",
}


def compose(file, **variables):
    """Let Docker Compose read a file with these variables alone; return the file and its errors.

    The exit status of the package's program is 0 for a file that it refuses, too.
    """
    command = [BIN / "docker-compose", "-f", file, "config", "--format", "json"]
    environment = {"PATH": os.environ["PATH"], "HOME": "/", **variables}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return done.stdout, done.stderr


@cache
def project(file):
    content, errors = compose(file, **VARIABLES)
    assert not errors
    return json.loads(content)


def services(file):
    return project(file)["services"]


def name_of(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("file", DOCKERFILES, ids=name_of)
def test_hadolint_finds_nothing(file):
    done = subprocess.run([BIN / "hadolint", file], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_hadolint_would_find_something(tmp_path):
    (tmp_path / "Dockerfile").write_text("FROM python\nRUN cd /tmp\nUSER root\n")
    command = [BIN / "hadolint", tmp_path / "Dockerfile"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert all(code in done.stdout for code in ("DL3006", "DL3003", "DL3002"))


@pytest.mark.parametrize("file", DOCKERFILES, ids=name_of)
def test_an_image_has_a_pinned_base_no_root_and_hears_signals(file):
    found = instructions(file)
    bases = [each.words[0] for each in found if each.name == "FROM"]
    assert all(re.fullmatch(r"python:3\.\d+\.\d+-slim-bookworm", base) for base in bases)
    assert len(set(bases)) == 1
    (user,) = [each.text for each in found if each.name == "USER"]
    assert user.split(":")[0] == "10001"
    (entrypoint,) = [each for each in found if each.name == "ENTRYPOINT"]
    assert entrypoint.is_exec


@pytest.mark.parametrize("file", COMPOSE_FILES, ids=name_of)
def test_docker_compose_accepts_a_file(file):
    assert services(file)
    for name in re.findall(r"\$\{(\w+):\?", file.read_text()):
        given = {key: value for key, value in VARIABLES.items() if key != name}
        content, errors = compose(file, **given)
        assert not content
        assert f"required variable {name} is missing a value" in errors


@pytest.mark.parametrize("file", COMPOSE_FILES, ids=name_of)
def test_docker_makes_no_folder_of_the_host(file):
    """It would be root's, and the user could put no file into it."""
    mounts = [mount for each in services(file).values() for mount in each.get("volumes", [])]
    binds = [mount for mount in mounts if mount["type"] == "bind"]
    assert not [mount["source"] for mount in binds if mount["bind"].get("create_host_path")]


@pytest.mark.parametrize(
    ("example", "page"),
    [("container", "examples/container/README.md"), ("webhooks", "docs/webhooks.md")],
)
def test_the_volume_has_the_name_that_the_page_gives(example, page):
    """Another name would be a new and empty volume."""
    file = ROOT / "examples" / example / "compose.yml"
    names = {each["name"] for each in project(file)["volumes"].values()}
    given = set(re.findall(r"\bclevertap-(?:data|inbox)\b(?!\.)", (ROOT / page).read_text()))
    assert given
    assert given <= names


def test_the_entry_point_advises_the_volume_of_compose():
    folder = ROOT / "examples" / "container"
    (name,) = {each["name"] for each in project(folder / "compose.yml")["volumes"].values()}
    assert f"--volume {name}:$data" in (folder / "entrypoint.sh").read_text()


def test_docker_compose_would_refuse_an_unknown_key(tmp_path):
    text = (ROOT / "compose.yml").read_text().replace("depends_on", "depends")
    (tmp_path / "compose.yml").write_text(text)
    content, errors = compose(tmp_path / "compose.yml")
    assert not content
    assert "additional properties 'depends' not allowed" in errors


def known_settings(plugin):
    done = subprocess.run([BIN / plugin, "--about", "--format", "json"], stdout=-1, check=True)
    names = json.loads(done.stdout)["settings"]["properties"]
    return {f"{plugin}_{name}".upper().replace("-", "_") for name in names}


def declared_settings(project):
    """Return the variables of our plugins that a project hands on."""
    plugins = yaml.safe_load(project.read_text())["plugins"]
    ours = [each for kind in plugins.values() for each in kind if "settings" in each]
    return {
        f"{each['name']}_{setting['name']}".upper().replace("-", "_")
        for each in ours
        for setting in each["settings"]
    }


def variables_of(file):
    return {name for each in services(file).values() for name in each.get("environment", {})}


def test_every_variable_is_a_setting_that_exists():
    plugins = known_settings("tap-clevertap") | known_settings("target-clevertap")
    examples = ROOT / "examples"
    declared = declared_settings(examples / "container" / "meltano.yml")
    assert declared <= plugins
    assert variables_of(examples / "container" / "compose.yml") <= declared
    assert variables_of(examples / "webhooks" / "compose.yml") <= plugins
    assert variables_of(ROOT / "compose.yml") == {"CLEVERTAP_EMULATOR_URL"}
    assert "CLEVERTAP_EMULATOR_URL" in (ROOT / "demo" / "run.py").read_text()


def test_every_variable_of_an_image_is_a_setting_that_exists():
    plugins = known_settings("tap-clevertap") | known_settings("target-clevertap")
    meltanos = {each["name"] for each in yaml.safe_load(SETTINGS.read_text())["settings"]}
    known = plugins | {f"MELTANO_{name}".upper().replace(".", "_") for name in meltanos}
    known.add("MELTANO_CLI_DISABLE_VERSION_CHECK")
    images = [each for file in DOCKERFILES for each in instructions(file) if each.name == "ENV"]
    names = {name for each in images for name in each.pairs({})}
    ours = {name for name in names if name.startswith(("MELTANO_", "TAP_", "TARGET_"))}
    assert len(ours) > 3
    assert ours <= known


def test_a_build_is_sent_what_its_file_copies_and_no_secret(tmp_path):
    built = {file.parent for file in DOCKERFILES} - {ROOT / "demo"}  # the demo's is the root
    for folder in (ROOT, *sorted(built)):
        (tmp_path / ".dockerignore").write_text((folder / ".dockerignore").read_text())
        for name in (".env", "demo/.env", "meltano.yml", ".meltano/meltano.db", "output/x.jsonl"):
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text("")
        sent = {str(each) for each in context(tmp_path)}
        assert sent <= {"meltano.yml"}
    files = {str(each) for each in context(ROOT)}
    assert {"demo/run.py", "tap-clevertap/tap_clevertap/tap.py"} <= files
    assert not [each for each in files if each.endswith(".pyc") or each.startswith(("tests", "."))]
