"""Errors of stream maps as errors of a setting."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from singer_sdk.exceptions import MappingError

from tap_clevertap.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Iterator

EXPRESSION_ERRORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""Raised by an expression for a value that it does not expect."""


@contextmanager
def translate_map_errors(stream: str, *, is_mapped: bool) -> Iterator[None]:
    """Translate the errors of an expression.

    Args:
        stream: The name of the stream.
        is_mapped: Whether there are stream maps; without them an error is a defect of the tap.

    Raises:
        SettingError: Without the value that the expression failed on.
    """
    try:
        yield
    except (MappingError, *EXPRESSION_ERRORS) as error:
        if not is_mapped:
            raise
        # Not the error's text: it may quote the value.
        kind = type(error).__name__
        message = (
            f"stream_maps.{stream}: an expression fails on a record ({kind}); "
            "handle fields that are null or missing"
        )
        raise SettingError(message) from None
