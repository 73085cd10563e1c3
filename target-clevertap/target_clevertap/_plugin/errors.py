# Source: tap-clevertap/tap_clevertap/_plugin/errors.py; copies: `make vendor`
"""The errors of both plugins; `errors.py` of each package draws the whole tree."""

from __future__ import annotations

import logging
from typing import IO, Any

import click
from typing_extensions import override

from .plugin_name import PLUGIN


class CleverTapError(click.ClickException):
    """The run cannot continue; it is logged as one line, without a stack trace."""

    @override
    def show(self, file: IO[Any] | None = None) -> None:
        logging.getLogger(PLUGIN).error("%s", self.message)


class SettingError(CleverTapError):
    """A setting, or a file that it names, is wrong."""


class SystemLimitError(CleverTapError):
    """The system has no resources left for the process."""
