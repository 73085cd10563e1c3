"""Manifests: what the columns of a data file mean [U:imports-via-sftp; CT]."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import msgspec

from clevertap_emulator.api.parsing import JSON_ERRORS
from clevertap_emulator.api.record_checks import is_email
from clevertap_emulator.drops.texts import NOT_A_MANIFEST, WRONG_MANIFEST

DATA_TYPES = frozenset(["STRING", "INTEGER", "LONG", "FLOAT", "BOOLEAN", "DATE"])
KINDS = ("event", "profile")
YAML_ERRORS = (
    ValueError,
    LookupError,
    ArithmeticError,
    AttributeError,
    TypeError,
    RecursionError,
)
"""What PyYAML raises for some tags with other values than theirs, next to its own `YAMLError`."""
HALF_CHARACTER = re.compile(rb"\\(?:u|U0000)[dD][89a-fA-F]")
"""Escaped in YAML."""


class ManifestForm(str, Enum):
    """How a manifest is written: JSON [U], or YAML with gzipped data files as well [CT]."""

    JSON = "json"
    YAML = "yaml"


class ManifestError(ValueError):
    """A manifest that starts no import; `mailed_to` is who hears of it, None for nobody."""

    def __init__(self, text: str, mailed_to: str | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.mailed_to = mailed_to


@dataclass(frozen=True)
class ColumnMeaning:
    """The property that a column is, and its data type; a date has a format."""

    name: str
    data_type: str = "STRING"
    date_format: str | None = None


@dataclass(frozen=True)
class Manifest:
    """The data file, its kind (`event` or `profile`), and what is known of its columns."""

    kind: str
    file_name: str
    mailed_to: str | None
    columns: dict[str, ColumnMeaning] = field(default_factory=dict)


def read_manifest(content: bytes, form: ManifestForm) -> Manifest:
    """Read a manifest.

    Raises:
        ManifestError: It is not valid, or its details are not correct.
    """
    members = _parsed(content, form)
    address = members.get("clientEmail")
    mailed_to = str(address) if is_email(address) else None
    kind, file_name, columns = (members.get(each) for each in ("type", "fileName", "columns"))
    # A bad address stops the mail; a missing one stops the import, as it is mandatory.
    is_valid = kind in KINDS and _is_file_name(file_name) and address is not None
    meanings = _meanings({} if columns is None else columns)
    if not is_valid or meanings is None:
        raise ManifestError(WRONG_MANIFEST, mailed_to)
    return Manifest(str(kind), str(file_name), mailed_to, meanings)


def _parsed(content: bytes, form: ManifestForm) -> dict[str, Any]:
    try:
        members = msgspec.json.decode(content)
    except JSON_ERRORS as error:
        if form is ManifestForm.JSON:
            raise ManifestError(NOT_A_MANIFEST) from error
        members = _parsed_yaml(content)
    if not isinstance(members, dict):
        raise ManifestError(NOT_A_MANIFEST)
    return members


def _parsed_yaml(content: bytes) -> object:
    """Return what is not JSON; half a character could not be written anywhere."""
    import yaml  # type: ignore[import-untyped]  # noqa: PLC0415 - only manifests need it

    if HALF_CHARACTER.search(content):
        raise ManifestError(NOT_A_MANIFEST)
    try:
        return yaml.safe_load(content)
    except (yaml.YAMLError, *YAML_ERRORS) as error:
        raise ManifestError(NOT_A_MANIFEST) from error


def _is_file_name(value: object) -> bool:
    return isinstance(value, str) and value not in {"", ".", ".."} and not {"/", "\0"} & set(value)


def _meanings(columns: object) -> dict[str, ColumnMeaning] | None:
    """Return the meanings of columns; None if one is not correct."""
    if not isinstance(columns, dict):
        return None
    meanings = {str(name): _meaning(str(name), given) for name, given in columns.items()}
    known = {name: meaning for name, meaning in meanings.items() if meaning is not None}
    return known if len(known) == len(meanings) else None


def _meaning(column: str, given: object) -> ColumnMeaning | None:
    if not isinstance(given, dict):
        return None
    name, data_type = given.get("ctName", column), given.get("dataType", "STRING")
    date_format = given.get("dateFormat", given.get("format"))
    if not isinstance(name, str) or not name:
        return None
    if not isinstance(data_type, str) or data_type not in DATA_TYPES:
        return None
    if date_format is not None and not isinstance(date_format, str):
        return None
    return ColumnMeaning(name, data_type, date_format)
