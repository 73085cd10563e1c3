# Source: tap-clevertap/tap_clevertap/_plugin/about.py; copies: `make vendor`
"""The text of `--about`: each setting with its description, type and default."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from singer_sdk.about import TextFormatter
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk.about import AboutInfo


class SettingsText(TextFormatter, format_name="text"):
    """The SDK's text with the whole schema of each setting.

    The SDK prints only name, type and variable.
    """

    @override
    def format_about(self, about_info: AboutInfo) -> str:
        head, _, _ = super().format_about(about_info).partition("\nSettings:\n")
        required = about_info.settings.get("required", ())
        lines = [head, "Settings:"]
        for name, setting in about_info.settings.get("properties", {}).items():
            lines.append(f"  - Name: {name}")
            lines += [f"    {line}" for line in _lines(setting, is_required=name in required)]
            lines.append(f"    Environment Variable: {about_info.env_var_prefix}{name.upper()}")
        return "\n".join([*lines, ""])


def _lines(setting: Mapping[str, Any], *, is_required: bool) -> Iterator[str]:
    if description := " ".join(str(setting.get("description", "")).split()):
        yield f"Description: {description}"
    types = setting.get("type", "object")
    names = [types] if isinstance(types, str) else [each for each in types if each != "null"]
    yield f"Type: {' or '.join(names)}"
    if "enum" in setting:
        yield f"Values: {', '.join(str(each) for each in setting['enum'] if each is not None)}"
    if is_required:
        yield "Required: yes"
    elif setting.get("default") is not None:
        yield f"Default: {_text(setting['default'])}"


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return value if isinstance(value, str) else json.dumps(value)
