"""The list of CleverTap projects, read and checked: what each pipeline is given, and its pool."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

if TYPE_CHECKING:
    from pathlib import Path

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
SECRET = re.compile(
    "PASSCODE|PASSWORD|PASSPHRASE|SECRET|TOKEN|PRIVATE|CREDENTIAL|API_?KEY|INBOX_HEADER_VALUE"
)
PASSWORD_IN_URL = re.compile(r"://[^/\s]*:[^/\s]*@")
OF_LIST = re.compile(r"(TAP|TARGET)_CLEVERTAP_(ACCOUNT_ID|REGION|TIMEZONE)")
DIRECTIONS = {"reads": "TAP_CLEVERTAP", "writes": "TARGET_CLEVERTAP"}
KEPT = (
    *("HOME", "LANG", "TMPDIR", "TZ", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
"""Variables of the orchestrator that a run gets; none has a secret of it or of another project."""
REQUIRED = {"name", "account_id", "region", "timezone", "connection", "schedules"}
OPTIONAL = {"environment", "secrets"}


class ListError(ValueError):
    """The list of projects is wrong; the message shows where, and what to do."""


@dataclass(frozen=True)
class Pipeline:
    """One job of one project."""

    project: str
    job: str
    schedule: str
    timezone: str
    pool: str
    """Of one slot, for all pipelines that read from, or write into, one account."""
    environment: dict[str, str]
    secrets: dict[str, str]
    """Of each variable, the connection whose password it is."""


@dataclass(frozen=True)
class Projects:
    """The whole list."""

    pipelines: list[Pipeline]
    retries: int
    first_retry_seconds: float


def read_projects(path: Path) -> Projects:
    """Read the list; raise ListError for what would fail later, or in silence."""
    with path.open(encoding="utf-8") as file:
        content = yaml.load(file, Loader=EachKeyOnce)  # noqa: S506 - it is a safe loader
    check_form(content, path.name)
    directions, found = content["pipelines"], []
    for project in content["projects"]:
        need(isinstance(project, dict), path.name, f"{project} is not a project; give it a name")
        where = f"{path.name}: {project.get('name', 'a project without a name')}"
        check(project, directions, where)
        for job, schedule in project["schedules"].items():
            found.append(pipeline(project, job, schedule, directions[job]))
    check_names([each["name"] for each in content["projects"]], path.name)
    check_names([f"{each.project}.{each.job}" for each in found], path.name)
    return Projects(found, content["retries"]["count"], content["retries"]["first_after_seconds"])


class EachKeyOnce(yaml.SafeLoader):
    """Of a key that is there twice, YAML takes the last one, and a schedule would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, *args: object, **more: object) -> object:
        """Return a mapping; raise ListError for a key that comes twice."""
        names = [key.value for key, _ in node.value]
        twice = sorted({name for name in names if names.count(name) > 1})
        where = f"{node.start_mark.name}: line {node.start_mark.line + 1}"
        need(not twice, where, f"{twice} is there more than once; keep one")
        return super().construct_mapping(node, *args, **more)


def check_form(content: object, where: str) -> None:
    """Raise ListError for parts that are missing, or are of another form."""
    need(isinstance(content, dict), where, "write retries, pipelines and projects")
    missing = {"retries", "pipelines", "projects"} - content.keys()
    need(not missing, where, f"set {sorted(missing)}")
    need(isinstance(content["projects"], list), where, "projects: it is not a list")
    need(isinstance(content["pipelines"], dict), where, "pipelines: write JOB: reads, or writes")
    retries = content["retries"]
    are_set = isinstance(retries, dict) and {"count", "first_after_seconds"} <= retries.keys()
    need(are_set, where, "retries: set count and first_after_seconds")
    for key in ("count", "first_after_seconds"):
        is_number = isinstance(retries[key], int | float)
        need(is_number, where, f"retries: {key} is not a number; write it without quotes")


def check(project: dict[str, Any], directions: dict[str, str], where: str) -> None:
    """Raise ListError for what is wrong with one project."""
    need(not REQUIRED - project.keys(), where, f"set {sorted(REQUIRED - project.keys())}")
    unknown = project.keys() - REQUIRED - OPTIONAL
    need(not unknown, where, f"{sorted(unknown)} is not known; remove it")
    for key in sorted(REQUIRED - {"schedules"}):
        need(isinstance(project[key], str), where, f"{key}: it is not text; write it in quotes")
        is_plain = project[key].strip() == project[key] != ""
        need(is_plain, where, f"{key}: it is empty, or has blanks around it")
    need(NAME.fullmatch(project["name"]), where, "use letters, digits, '.', '_', '-' in a name")
    for key in ("schedules", *OPTIONAL):
        is_mapping = isinstance(project.get(key) or {}, dict)
        need(is_mapping, where, f"{key}: it is not a mapping; write NAME: VALUE")
    check_schedules(project["schedules"], directions, where)
    try:
        ZoneInfo(project["timezone"])
    except (ZoneInfoNotFoundError, ValueError):
        message = f"{where}: {project['timezone']} is not an IANA time zone"
        raise ListError(message) from None
    check_environment(project, where)


def check_schedules(schedules: dict[str, Any], directions: dict[str, str], where: str) -> None:
    """Raise ListError for a job that would never run, or not know what it does."""
    need(schedules, where, "schedules: it is empty; name a job, and when it runs")
    for job, schedule in schedules.items():
        known = directions.get(job) in DIRECTIONS
        need(known, where, f"{job} is not under pipelines as reads or writes")
        is_text = isinstance(schedule, str)
        need(is_text, where, f"{job}: its schedule is not text; write it in quotes")


def check_environment(project: dict[str, Any], where: str) -> None:
    """Raise ListError for a secret, and for what the list itself has: the pool would be another."""
    for name, value in (project.get("environment") or {}).items():
        need(VARIABLE.fullmatch(name), where, f"{name}: use capitals, digits and '_'")
        need(not SECRET.search(name), where, f"{name} is a secret; put it under secrets")
        need(not OF_LIST.fullmatch(name), where, f"{name}: remove it; the list has its value")
        need(isinstance(value, str), where, f"{name}: write its value in quotes")
        is_secret = PASSWORD_IN_URL.search(value)
        need(not is_secret, where, f"{name} has a password in a URL; put it under secrets")
    for name, connection in (project.get("secrets") or {}).items():
        need(VARIABLE.fullmatch(name), where, f"{name}: use capitals, digits and '_'")
        need(not OF_LIST.fullmatch(name), where, f"{name}: remove it; the list has its value")
        need(isinstance(connection, str), where, f"{name}: write the name of a connection")


def check_names(names: list[str], where: str) -> None:
    """Raise ListError for a name that comes twice: both would share folder and state."""
    twice = sorted({name for name in names if names.count(name) > 1})
    need(not twice, where, f"{twice} comes more than once; give each project its own name")


def need(condition: object, where: str, otherwise: str) -> None:
    """Raise ListError unless a condition is true."""
    if not condition:
        message = f"{where}: {otherwise}"
        raise ListError(message)


def pipeline(project: dict[str, Any], job: str, schedule: str, direction: str) -> Pipeline:
    """Return one job with what its plugin of ours needs."""
    prefix = DIRECTIONS[direction]
    environment = {
        f"{prefix}_ACCOUNT_ID": project["account_id"],
        f"{prefix}_REGION": project["region"],
        **({"TAP_CLEVERTAP_TIMEZONE": project["timezone"]} if direction == "reads" else {}),
        **(project.get("environment") or {}),
    }
    return Pipeline(
        project=project["name"],
        job=job,
        schedule=schedule,
        timezone=project["timezone"],
        pool=f"clevertap-{project['account_id']}-{direction}",
        environment=environment,
        secrets={f"{prefix}_PASSCODE": project["connection"], **(project.get("secrets") or {})},
    )
