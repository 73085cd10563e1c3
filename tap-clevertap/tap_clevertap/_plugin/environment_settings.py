# Source: tap-clevertap/tap_clevertap/_plugin/environment_settings.py; copies: `make vendor`
"""Settings from environment variables, each read by its type."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from dotenv import find_dotenv
from dotenv.main import DotEnv

from .distinct_names import RepeatedNameError, read_settings
from .errors import SettingError
from .flat_objects import with_levels
from .shown import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

TRUTHS = {"true": True, "1": True, "yes": True, "on": True}
FALSEHOODS = {"false": False, "0": False, "no": False, "off": False}


def settings_of_environment(
    schema: Mapping[str, Any], prefix: str, *, empty_means_something: Collection[str] = ()
) -> dict[str, Any]:
    """Return the settings in environment variables; an empty variable is not set.

    A file `.env` in a folder above the plugin's counts too, as for all plugins of the SDK.

    Args:
        schema: Of the settings.
        prefix: Of the variables, as in `TAP_CLEVERTAP_`.
        empty_means_something: Names of settings that an empty variable sets to empty text.

    Raises:
        SettingError: With the variable, and the value that it needs.
    """
    _read_file_of_variables(find_dotenv())
    found = {}
    for name, kind in schema["properties"].items():
        variable = prefix + name.upper()
        text = os.environ.get(variable, "")
        kept = name in schema["required"] or name in empty_means_something
        if text.strip() or (variable in os.environ and kept):
            found[name] = _value(variable, text, _types_of(kind))
    return found


def _read_file_of_variables(path: str) -> None:
    try:
        DotEnv(path).set_as_environment_variables()
    except (OSError, ValueError) as failure:
        why = getattr(failure, "strerror", None) or "it is not UTF-8, or has a NUL character"
        message = f"{visible(path)}: the variables in it cannot be read ({why}); fix or remove it"
        raise SettingError(message) from None


def _types_of(kind: Mapping[str, Any]) -> set[str]:
    types = kind.get("type", "object")
    return {types} if isinstance(types, str) else set(types)


def _value(variable: str, text: str, types: set[str]) -> Any:  # noqa: ANN401 - of the setting's type
    if types & {"string", "boolean"}:
        return text if "string" in types else _boolean(variable, text)
    if "integer" in types:
        return _json(variable, text, (int,), "a whole number")
    if "number" in types:
        return _json(variable, text, (int, float), "a number")
    if "array" in types:
        if text.lstrip().startswith(("[", "{")):
            return _json(variable, text, (list,), 'a list, as in ["A", "B"]')
        return [each.strip() for each in text.split(",") if each.strip()]
    return with_levels(_json(variable, text, (dict,), "a JSON object"))


def _boolean(variable: str, text: str) -> bool:
    known = {**TRUTHS, **FALSEHOODS}
    if text.strip().lower() not in known:
        message = f"{variable}: it is neither true nor false; set one of them"
        raise SettingError(message)
    return known[text.strip().lower()]


def _json(variable: str, text: str, kinds: tuple[type, ...], wanted: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        value = read_settings(text, exactly=False)
    except RepeatedNameError as fault:
        message = f"{variable}: it {fault}"
        raise SettingError(message) from None
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, kinds) or isinstance(value, bool):
        message = f"{variable}: it does not hold {wanted}; fix it, or unset it"
        raise SettingError(message)
    return value
