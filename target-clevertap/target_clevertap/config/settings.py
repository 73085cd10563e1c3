"""What the settings mean for a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from target_clevertap import private_files
from target_clevertap._http.hosts import base_url
from target_clevertap._http.proxies import check_proxy
from target_clevertap.config.country import checked_country
from target_clevertap.config.import_files import FileSettings, file_faults, file_settings
from target_clevertap.config.rules import read_rules
from target_clevertap.config.taking_over import taking_over_faults
from target_clevertap.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from target_clevertap.rules.rule import Rule

OFF = "off"
OF_SQLITE = ("", "-wal", "-shm", "-journal")
"""What SQLite appends to a ledger's name for its own files."""


@dataclass(frozen=True, slots=True)
class RunSettings:
    """The settings of one run, checked."""

    account_id: str
    passcode: str
    url: str
    """Scheme and host."""

    rules: Mapping[str, Rule]
    """By the name of a stream."""

    request_timeout: float
    """In seconds."""

    max_in_flight: int
    batch_size_rows: int
    max_request_bytes: int
    flush_seconds: float
    rejects_path: str
    max_rejects: int
    """With -1 any number."""

    deletes_path: str
    confirms_deletes: bool
    """Whether users may be deleted."""

    ledger_path: str | None
    ledger_days: int
    """After which the ledger forgets; with 0 never."""

    new_profile_limit: float
    """The largest share of a stream's first users that CleverTap may not know; 1 is any."""

    stops_when_all_rejected: bool
    resends_uncertain: bool
    dry_run: str = OFF
    """`off`, `local` or `vendor`."""

    shows_values: bool = False
    """Whether a dry run shows values of records."""

    is_already_delivered: bool = False
    """Whether another tool delivered what comes, so that the ledger gets it and CleverTap not."""

    files: FileSettings | None = None
    """How files are written; None where records go to the API."""

    @property
    def is_dry_run(self) -> bool:
        """Whether nothing is to be delivered."""
        return self.dry_run != OFF

    @property
    def may_read_deletions(self) -> bool:
        """Whether a stream of deletions may be read: they are confirmed, or none is sent."""
        return self.confirms_deletes or self.is_dry_run or self.is_already_delivered

    @property
    def deletes_users(self) -> bool:
        """Whether a rule may delete users."""
        return any(rule.deletes for rule in self.rules.values())

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> RunSettings:
        """Return the settings of a configuration that fits the schema.

        Args:
            config: With the schema's defaults.

        Raises:
            SettingError: Naming the setting, and what to do.
            RulesError: For rules that cannot work; it names their streams and all their faults.
        """
        country = checked_country(config.get("default_country"))
        rules, wrong = read_rules(config.get("streams") or {}, country)
        url = base_url(config["region"], config.get("api_url"))
        check_proxy(url)
        files = file_settings(config)
        if files is not None:
            wrong += file_faults(rules)
        wrong += taking_over_faults(config, rules)
        settings = cls(
            account_id=config["account_id"],
            passcode=config["passcode"],
            url=url,
            rules=rules,
            request_timeout=float(config["request_timeout"]),
            max_in_flight=config["max_in_flight"],
            batch_size_rows=config["batch_size_rows"],
            max_request_bytes=config["max_request_bytes"],
            flush_seconds=float(config["flush_seconds"]),
            rejects_path=config["rejects_path"],
            max_rejects=config["max_rejects"],
            deletes_path=config["deletes_path"],
            confirms_deletes=config["confirm_deletes"],
            ledger_path=config["ledger_path"] or None,
            ledger_days=config["ledger_days"],
            new_profile_limit=float(config["new_profile_limit"]),
            stops_when_all_rejected=config["all_rejected"] == "stop",
            resends_uncertain=config["uncertain"] == "resend",
            dry_run=config["dry_run"],
            shows_values=config["dry_run_values"] == "shown",
            is_already_delivered=config["already_delivered"],
            files=files,
        )
        if wrong:
            raise RulesError(wrong, settings)
        return settings


class RulesError(SettingError):
    """Rules that cannot work."""

    def __init__(self, messages: Sequence[str], settings: RunSettings) -> None:
        """Name their streams and faults.

        Args:
            messages: One for each wrong rule.
            settings: With the other rules.
        """
        super().__init__("; ".join(messages))
        self.messages = messages
        self.settings = settings


def check_apart(path: Path, ledger: Path, setting: str) -> None:
    """Refuse a file that the ledger uses, whatever links lead there.

    Args:
        path: Of the file.
        ledger: Its path.
        setting: That has the file's path.

    Raises:
        SettingError: For such a file.
    """
    files = {private_files.real(Path(f"{ledger}{suffix}")) for suffix in OF_SQLITE}
    if private_files.real(path) in files:
        what = setting.removesuffix("_path")
        message = f"{setting}: the ledger uses {path}; give {what} and ledger their own files"
        raise SettingError(message)
