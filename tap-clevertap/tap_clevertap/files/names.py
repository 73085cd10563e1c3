"""What the name of a file tells: the run that exported it, and the files that it belongs to.

A name is only a hint: what is in a file is told by its content. CleverTap's names are
[U: export-format, profile-exports]

    events           <export>-<run>-<event>-<yyyymmdd>-<index>-<database>.json
    profiles         <account>-<export>-<run>-<database>.json.gz
    former profiles  <account>-<export>-<run>-<database>-json.gz
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import NamedTuple

_ENDING = r"(?:[-.][A-Za-z]\w*(?:\.\w+)*)?"
"""The format, and what packs it: `.json`, `.csv.gz`, `-json.gz`, `.parquet.gzip`, or nothing."""
_events = re.compile(
    r"(?P<export>.+?)-(?P<run>\d{8,17})-(?P<event>.*)-(?P<day>20\d{6})"
    rf"-(?P<index>\d{{1,6}})-(?P<database>\d{{1,6}}){_ENDING}",
    re.DOTALL,
).fullmatch
_profiles = re.compile(
    rf"(?P<export>.+-\d{{1,17}})-(?P<run>\d{{8,17}})-(?P<database>\d{{1,6}}){_ENDING}", re.DOTALL
).fullmatch
_account = re.compile(r"((?:TEST-)?[0-9A-Z]{3,4}-[0-9A-Z]{3}-[0-9A-Z]{4})-\d+-\d{8,17}-").match
_EPOCH_UNITS = {10: 1, 13: 1_000}
"""By the number of digits, the units of a second."""
_FORMS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
"""By the number of digits, how a time is written."""


class FileName(NamedTuple):
    """What the name of a file tells; a name of another form is a group of its own."""

    group: str
    """Equal for the files of one folder, export, run, event and day: they are numbered together."""
    export: str | None = None
    """A request to export, which its schedule repeats; for profiles, the account is before it."""
    run: datetime | None = None
    """When the export ran, in UTC."""
    part: str = ""
    """Of the group: index and database. Files of one part have the same rows, such as one that is
    there packed and unpacked."""
    is_written: bool = False
    """Whether the name of a file of profiles has its run as a wall clock, whose zone is not known:
    its day is as written."""


def parse_name(key: str) -> FileName:
    """Return what the name of a file tells.

    Args:
        key: Of the file: folders, each with `/` after it, and the name.
    """
    name = key.rpartition("/")[2]
    found = _events(name)
    if found is not None and _time_of(found["day"]) is not None:
        rest = len(name) - found.start("index") + 1
        part = f"{int(found['index'])}-{int(found['database'])}"
        return FileName(key[:-rest], found["export"], _time_of(found["run"]), part)
    found = _profiles(name)
    if found is not None:
        run = _time_of(found["run"])
        is_written = run is not None and len(found["run"]) in _FORMS
        return FileName(key, found["export"], run, is_written=is_written)
    return FileName(key)


def is_of_other_account(key: str, account_id: str) -> bool:
    """Return whether the name of a file begins with an account that is not this one.

    Those of profiles do, though some have a number there instead. [U: profile-exports]
    """
    found = _account(key.rpartition("/")[2])
    if found is None or not any(map(str.isalpha, found[1])):
        return False
    return found[1] != account_id.upper()


def _time_of(digits: str) -> datetime | None:
    """Return the time that digits are: epoch seconds, milliseconds, or yyyyMMdd and what follows.

    The zone of a written time is not known; it is for order, and for the days between two.
    """
    try:
        if unit := _EPOCH_UNITS.get(len(digits)):
            return datetime.fromtimestamp(int(digits) / unit, tz=timezone.utc)
        if form := _FORMS.get(len(digits)):
            return datetime.strptime(digits, form).replace(tzinfo=timezone.utc)
    except ValueError:
        return None
    return None
