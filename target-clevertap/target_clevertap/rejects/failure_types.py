"""What the columns of a failure CSV mean: by the manifest of the file that was imported."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from target_clevertap._plugin.shown import shown
from target_clevertap.errors import SettingError
from target_clevertap.rejects.reading import reported

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

KINDS = ("event", "profile")
TEXT = "STRING"
WHOLE_TYPES = frozenset(["INTEGER", "LONG"])
FLAGS = {"true": True, "1": True, "false": False, "0": False}
_WHOLE = re.compile(r"-?(?:0|[1-9]\d{0,29})", re.ASCII)
_DECIMAL = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class FailureTypes:
    """The property and the type of each column; without a manifest all are text."""

    kind: str | None = None
    """`event` or `profile`; None where the header has to tell."""

    names: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> FailureTypes:
        """Return what a manifest says.

        Raises:
            SettingError: When it is none.
        """
        with reported(path, "read"):
            content = path.read_bytes()
        try:
            manifest = msgspec.json.decode(content, type=dict[str, Any])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            manifest = {}
        columns = manifest.get("columns") or {}
        is_known = isinstance(columns, dict) and all(isinstance(c, dict) for c in columns.values())
        if manifest.get("type") not in KINDS or not is_known:
            message = f"--manifest: {path} is no manifest of an import; give the one of the file"
            raise SettingError(message)
        names = {name: str(each.get("ctName", name)) for name, each in columns.items()}
        types = {name: str(each.get("dataType", TEXT)) for name, each in columns.items()}
        return cls(manifest["type"], names, types)

    def check(self, path: Path, columns: Sequence[str]) -> None:
        """Refuse a manifest that is another file's: it would give values wrong types.

        Args:
            path: Of the failure CSV.
            columns: Of its header.

        Raises:
            SettingError: When it names a column that is not there.
        """
        for name in self.types:
            if name not in columns:
                message = (
                    f"--manifest: {path} has no column {shown(name)}, which the manifest names; "
                    "give the manifest of the file that was imported"
                )
                raise SettingError(message)

    def value(self, column: str, text: str) -> object:
        """Return the value of a cell; text that is not of its column's type stays text."""
        kind = self.types.get(column, TEXT)
        pattern = _WHOLE if kind in WHOLE_TYPES else _DECIMAL if kind == "FLOAT" else None
        if pattern is not None and pattern.fullmatch(text):
            return msgspec.Raw(text.encode())  # every digit stays
        if kind == "BOOLEAN":
            return FLAGS.get(text.casefold(), text)
        return text
