"""The files of examples/webhooks: their tools accept them, and their commands run."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import signal
import subprocess
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from tests.support.pages import block
from tests.support.plugin_process import BIN, meltano_environment, run_meltano
from tests.support.run_output import clean_environment

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "webhooks"
UNITS = sorted(path.name for path in EXAMPLES.iterdir() if path.suffix in {".service", ".timer"})
TAP = str(BIN / "tap-clevertap")
TOKEN = "0123456789abcdef"  # noqa: S105 - of the tests' own
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd is not installed"
)


@contextmanager
def receiving(command, **options):
    """Run a command until its receiver was used, and yield the receiver's address."""
    command = [*command, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **options) as process:
        try:
            yield process.stdout.readline().strip()
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0


def pushed(url, body, token=TOKEN):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/webhook", body, headers)  # noqa: S310 - of this machine
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - same
        return answer.status


def exec_start(unit):
    return re.search(r"^ExecStart=(.+)$", (EXAMPLES / unit).read_text(), re.MULTILINE)[1]


@needs_systemd
@pytest.mark.parametrize("unit", UNITS)
def test_systemd_accepts_a_unit(unit, tmp_path):
    for name in UNITS:
        text = (EXAMPLES / name).read_text()
        text = re.sub(r"(?<=^ExecStart=)/opt/\S+", shutil.which("true"), text, flags=re.MULTILINE)
        (tmp_path / name).write_text(text)
    command = ["systemd-analyze", "verify", str(tmp_path / unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_command_of_the_unit_receives(tmp_path):
    settings = json.loads((EXAMPLES / "inbox.json").read_text())
    settings |= {"inbox_path": str(tmp_path / "inbox.sqlite"), "inbox_token": TOKEN}
    (tmp_path / "config.json").write_text(json.dumps(settings))
    command = exec_start("clevertap-inbox.service")
    command = command.replace("${CREDENTIALS_DIRECTORY}", str(tmp_path))
    program, *arguments = shlex.split(command)
    assert program == "/opt/clevertap/bin/tap-clevertap"
    with receiving([TAP, *arguments]) as url:
        assert pushed(url, b"{}") == 200


def test_the_image_receives_and_its_health_check_works(tmp_path):
    text = (EXAMPLES / "Dockerfile").read_text()
    program, *arguments = json.loads(re.search(r"^ENTRYPOINT (.+)$", text, re.MULTILINE)[1])
    assert program == "tap-clevertap"
    compose = yaml.safe_load((EXAMPLES / "compose.yml").read_text())["services"]["inbox"]
    environment = dict.fromkeys(compose["environment"], TOKEN)
    environment["TAP_CLEVERTAP_INBOX_PATH"] = str(tmp_path / "inbox.sqlite")
    health = json.loads(re.search(r"^ *CMD (.+)$", text, re.MULTILINE)[1])
    with receiving([TAP, *arguments], env=clean_environment(**environment)) as url:
        assert pushed(url.replace("0.0.0.0", "127.0.0.1"), b"{}") == 200  # noqa: S104 - of the image
        port = url.rpartition(":")[2]
        program = [each.replace(":8026", f":{port}") for each in health[1:]]
        assert subprocess.run([BIN / health[0], *program], check=False, timeout=60).returncode == 0


def test_the_proxy_leads_to_the_port_of_the_image():
    services = yaml.safe_load((EXAMPLES / "compose.yml").read_text())["services"]
    assert services["proxy"]["command"][-1] == "inbox:8026"
    assert (
        "8026"
        in re.search(r"^ENTRYPOINT .+$", (EXAMPLES / "Dockerfile").read_text(), re.MULTILINE)[0]
    )
    assert services["inbox"].keys().isdisjoint({"ports"})  # only the proxy is reached from outside


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """Return examples/files with the fragment, its inbox in the folder of the project."""
    folder = tmp_path_factory.mktemp("project")
    text = (EXAMPLES.parent / "files" / "meltano.yml").read_text()
    project = yaml.safe_load(text)
    for each in project["plugins"]["extractors"]:
        if each["name"] == "tap-clevertap":
            del each["pip_url"]  # the plugin is there
            each["settings"] += [{"name": "inbox_path"}, {"name": "inbox_token", "sensitive": True}]
    project |= {"project_id": "3f0c5f4e-9a1f-4a57-8f5f-6f2c1f5f0c54"}
    project |= {"include_paths": ["./webhooks.meltano.yml"]}
    (folder / "meltano.yml").write_text(yaml.safe_dump(project, sort_keys=False))
    fragment = (EXAMPLES / "webhooks.meltano.yml").read_text()
    assert "/var/lib/clevertap/inbox.sqlite" in fragment
    text = fragment.replace("/var/lib/clevertap/inbox.sqlite", str(folder / "inbox.sqlite"))
    (folder / "webhooks.meltano.yml").write_text(text)
    return folder


def test_meltano_receives_and_reads_with_the_fragment(project):
    command = [BIN / "meltano", "invoke", "tap-clevertap-webhooks:receive"]
    secret = {"TAP_CLEVERTAP_WEBHOOKS_INBOX_TOKEN": TOKEN}
    with receiving(command, cwd=project, env=meltano_environment(**secret)) as url:
        assert pushed(url, b"{}") == 200
    account = {"TAP_CLEVERTAP_ACCOUNT_ID": "TEST-000-0000"}
    done = run_meltano(project, "invoke", "tap-clevertap-webhooks", **account)
    assert done.returncode == 0, done.stderr
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    records = [each for each in messages if each["type"] == "RECORD"]
    assert [each["stream"] for each in records] == ["webhook_messages"]


def test_meltano_knows_the_job_and_the_schedule_of_the_fragment(project):
    for kind in ("job", "schedule"):
        done = run_meltano(project, kind, "list")
        assert done.returncode == 0, done.stderr
        assert "webhooks" in done.stdout + done.stderr


def written_env(folder):
    """Run the page's lines about `.env`, and return what they show."""
    commands = block("docs/webhooks.md", "As a service", "shell", 3)
    program = ["bash", "-euc", f"umask 022\n{commands}"]
    return subprocess.run(program, cwd=folder, stdout=-1, check=True, text=True).stdout


def test_the_token_of_the_containers_is_written_once_and_for_its_owner_alone(tmp_path):
    shown = [written_env(tmp_path) for _ in range(2)]
    assert re.fullmatch(r"INBOX_TOKEN=\w{48}\n", shown[0])
    assert shown[1] == shown[0]
    env = tmp_path / ".env"
    assert env.stat().st_mode & 0o777 == 0o600
    names = [line.partition("=")[0] for line in env.read_text().splitlines()]
    asked = re.findall(r"\$\{(\w+):\?", (EXAMPLES / "compose.yml").read_text())
    assert sorted(names) == sorted(asked)
    assert env.name in (EXAMPLES / ".gitignore").read_text().split()


def test_the_settings_of_the_service_are_written_once_and_for_root_alone(tmp_path):
    lines = block("docs/webhooks.md", "As a service", "shell").partition("useradd")[0]
    path = tmp_path / "inbox.json"
    program = ["bash", "-euc", f"umask 022\n{lines}".replace("/etc/clevertap", str(tmp_path))]
    written = []
    for _ in range(2):
        subprocess.run(program, cwd=EXAMPLES, check=True)
        written.append(json.loads(path.read_text()))
    assert written[0] == written[1]
    example = json.loads((EXAMPLES / "inbox.json").read_text())
    assert written[0].keys() == example.keys()
    assert re.fullmatch(r"\w{48}", written[0]["inbox_token"])
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_token_that_is_there_is_kept_and_closed_to_others(tmp_path):
    env = tmp_path / ".env"
    env.write_text("INBOX_TOKEN=mine\n")
    env.chmod(0o644)
    assert written_env(tmp_path) == "INBOX_TOKEN=mine\n"
    assert env.stat().st_mode & 0o777 == 0o600
