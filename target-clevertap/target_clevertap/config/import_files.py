"""The settings of `method: files`, and what files cannot do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from target_clevertap._plugin.shown import shown
from target_clevertap.errors import SettingError
from target_clevertap.import_files.sftp_server import SftpServer
from target_clevertap.records.import_limits import DASHBOARD_BYTES, SFTP_BYTES
from target_clevertap.rules.faults import rule_path
from target_clevertap.rules.rule import NUMBER_OPERATORS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from target_clevertap.rules.rule import Rule

API, FILES = "api", "files"
SFTP, DASHBOARD = "sftp", "dashboard"
MOST_BYTES = {SFTP: SFTP_BYTES, DASHBOARD: DASHBOARD_BYTES}
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+").fullmatch
"""Finds what may be an e-mail address: without one CleverTap says nothing of an import."""


@dataclass(frozen=True, slots=True)
class FileSettings:
    """How files are written for CleverTap's imports."""

    path: str
    """Of the folder."""

    files_for: str
    """`sftp` or `dashboard`."""

    client_email: str
    """Empty for the dashboard."""

    most_bytes: int
    """Of a file."""

    server: SftpServer | None = None
    """Where finished files are brought; None where they stay in the folder."""


def file_settings(config: Mapping[str, Any]) -> FileSettings | None:
    """Return the settings of files; None where records go to the API.

    Args:
        config: With the schema's defaults.

    Raises:
        SettingError: When they cannot be used together.
    """
    if config["method"] == API:
        return None
    if config["dry_run"] == "vendor":
        message = (
            "dry_run: CleverTap checks no files before their import; set `dry_run: local`, which "
            "finds what no file can have, or `method: api`"
        )
        raise SettingError(message)
    files_for, email = config["files_for"], config.get("client_email") or ""
    server = SftpServer.from_config(config) if config["method"] == SFTP else None
    if server is not None and files_for != SFTP:
        message = (
            "files_for: `method: sftp` uploads files for the SFTP import; remove files_for, or set "
            "`method: files`"
        )
        raise SettingError(message)
    if files_for == SFTP and not ADDRESS(email):
        message = (
            "client_email: each manifest needs an e-mail address, to which CleverTap sends what "
            "became of the import; set it, or `files_for: dashboard`"
        )
        raise SettingError(message)
    most = min(config["files_max_bytes"], MOST_BYTES[files_for])
    return FileSettings(config["files_path"], files_for, email, most, server)


def file_faults(rules: Mapping[str, Rule]) -> Iterator[str]:
    """Yield a message for each rule whose records no file can have [U:imports-via-sftp]."""
    for stream, rule in rules.items():
        for each in _with_kinds(rule):
            if fault := _fault(each):
                yield f"{rule_path(stream)}: {fault}, or set `method: api`"
                break


def _with_kinds(rule: Rule) -> Iterator[Rule]:
    yield rule
    if rule.shape is not None:
        yield from rule.shape.kinds.values()


def _fault(rule: Rule) -> str | None:
    if rule.is_call_or_token:
        return f"files have no records of type {shown(rule.type)}; remove the rule"
    if rule.on_deleted == "delete":
        return "files delete no users; remove `on_deleted`"
    amounts = [each for each in rule.operations.values() if each in NUMBER_OPERATORS]
    if amounts:
        return f"files have no operation {amounts[0]}; remove it from `operations`"
    return None
