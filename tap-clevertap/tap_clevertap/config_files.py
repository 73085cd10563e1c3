"""The files that --config, --state and --catalog name: JSON objects, with or without a BOM."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from tap_clevertap.answers import UNREADABLE
from tap_clevertap.errors import SettingsError
from tap_clevertap.shown import shown

BOM = "\ufeff"
"""Editors and shells of Windows put one at the start of a file."""
decode = msgspec.json.Decoder(float_hook=Decimal).decode
"""Takes numbers as the SDK does, and nothing that could not be written again."""


def read_config(paths: list[str]) -> dict[str, Any]:
    """Return the settings of files; later ones win.

    Raises:
        SettingsError: Naming a file that cannot be read, or is not a JSON object.
    """
    settings: dict[str, Any] = {}
    for path in paths:
        try:
            found = decode(Path(path).read_bytes().decode("utf-8-sig"))
        except OSError as failure:
            message = f"--config: {shown(path)} cannot be read ({failure.strerror}); fix the path"
            raise SettingsError(message) from None
        except (*UNREADABLE, ArithmeticError):
            found = None
        if not isinstance(found, dict):
            message = f"--config: {shown(path)} is not a JSON object; fix it"
            raise SettingsError(message)
        settings |= found
    return settings
