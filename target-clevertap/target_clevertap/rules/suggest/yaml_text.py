"""A suggested rule as text to paste into `meltano.yml`."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from target_clevertap._plugin.shown import visible

if TYPE_CHECKING:
    from target_clevertap.rules.suggest.suggestion import Suggestion

WIDTH = 98
YAML_WORDS = frozenset({"false", "n", "no", "null", "off", "on", "true", "y", "yes"})
"""Names that YAML does not read as text."""

VARIABLE = re.compile(r"\$(?=\{\w+\}|[A-Z])")
"""What Meltano reads as an environment variable, in a value."""

PLACE = (
    "under `config` of target-clevertap in meltano.yml; for a Singer config, make JSON of it:",
    "  python -c 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))' < rule.yml",
)


def suggested_yaml(stream: str, suggestion: Suggestion) -> str:
    """Return a suggestion in YAML.

    Args:
        stream: Its name.
        suggestion: For it.
    """
    lines = [*_comments(PLACE, 0), "streams:", f"  {key_in_yaml(stream)}:"]
    lines += _comments(suggestion.remarks.get("", []), 4)
    for key, value in suggestion.rule.items():
        lines += _comments(suggestion.remarks.get(key, []), 4)
        lines += _entry(key, value, 4)
    if suggestion.maps:
        lines += ["stream_maps:", f"  {key_in_yaml(map_name(stream))}:"]
        lines += _comments(suggestion.remarks.get("stream_maps", []), 4)
        for key, value in suggestion.maps.items():
            lines += _entry(key, value, 4)
    return "\n".join([*lines, *_comments(_meltano_notes(stream, lines), 0)])


def map_name(stream: str) -> str:
    """Return the name of a stream for `stream_maps`, where Meltano would nest it by its dots."""
    if "." not in stream:
        return stream
    return re.sub(r"[\[*?]", r"[\g<0>]", stream).replace(".", "?")


def _meltano_notes(stream: str, lines: list[str]) -> Iterator[str]:
    if any(r"\\$" in line for line in lines):
        yield r"`\\$` is $ for Meltano; in a Singer config write $ alone"
    if "\\." in stream:
        yield r"`\\.` is a dot for Meltano; in a Singer config write the stream's name as it is"


def _comments(texts: Iterable[str], indent: int) -> list[str]:
    start = " " * indent + "# "
    return [line for text in texts for line in _comment(text, start)]


def _comment(text: str, start: str) -> list[str]:
    if text.startswith(" "):  # code, to be copied
        return [f"{start}{text}"]
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=start,
        subsequent_indent=f"{start}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _entry(key: str, value: Any, indent: int) -> list[str]:  # noqa: ANN401 - text, list or object
    start = f"{' ' * indent}{key_in_yaml(key)}:"
    if isinstance(value, Mapping):
        return [start, *(line for each in value.items() for line in _entry(*each, indent + 2))]
    if isinstance(value, list):
        return [f"{start} [{', '.join(_value(each) for each in value)}]"]
    return [f"{start} {_value(value)}"]


def key_in_yaml(name: str) -> str:
    """Return a name as a key in YAML that Meltano does not change."""
    # Meltano reads `\.` as a dot that does not nest
    return _quoted(name.replace("\\.", "\\\\."))


def _value(text: str) -> str:
    return _quoted(VARIABLE.sub(r"\\$", text))


def _quoted(text: str) -> str:
    is_plain = re.fullmatch(r"\$?[A-Za-z_][\w.-]*( [\w-]+)*", text, re.ASCII)
    if is_plain and text.lower() not in YAML_WORDS and not text.startswith("$"):
        return text
    if re.fullmatch(r"\$[a-z]+", text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{visible(escaped)}"'
