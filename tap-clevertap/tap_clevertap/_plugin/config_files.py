# Source: tap-clevertap/tap_clevertap/_plugin/config_files.py; copies: `make vendor`
"""The files of --config, --state and --catalog: JSON objects, with or without a BOM."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from .distinct_names import RepeatedNameError, read_settings
from .errors import SettingError
from .shown import shown

BOM = "\ufeff"
"""Some editors and shells of Windows start a file with it."""
ENVIRONMENT = "ENV"
"""The value of --config for settings from environment variables."""
UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError, ArithmeticError)
"""Raised for text that is not JSON, or that cannot be encoded again."""
_decode = msgspec.json.Decoder(float_hook=Decimal).decode


def decode(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of JSON text, with or without a BOM; numbers as the SDK reads them.

    Raises:
        ValueError: Or another error of UNREADABLE.
    """
    return _decode(text.removeprefix(BOM))


def read_config(options: tuple[str, ...]) -> dict[str, Any]:
    """Return the settings of the files of --config; later files win.

    Raises:
        SettingError: With the file that cannot be read, or is not a JSON object.
    """
    settings: dict[str, Any] = {}
    for path in options:
        if path != ENVIRONMENT:
            settings |= _read(path)
    return settings


def _read(path: str) -> dict[str, Any]:
    try:
        found = read_settings(Path(path).read_bytes().decode("utf-8-sig"), exactly=True)
    except OSError as failure:
        message = f"--config: {shown(path)} cannot be read ({failure.strerror}); fix the path"
        raise SettingError(message) from None
    except RepeatedNameError as fault:
        message = f"--config: {shown(path)} {fault}"
        raise SettingError(message) from None
    except UNREADABLE:
        found = None
    if not isinstance(found, dict):
        message = f"--config: {shown(path)} is not a JSON object; fix it"
        raise SettingError(message)
    return found
