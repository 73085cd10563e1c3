"""Writes docs/settings-*.md from the plugins' schemas, the emulator's flags, and the examples.

The examples are in scripts/settings. Run as a program, it writes the pages; with --check it only
compares them.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clevertap_emulator.cli import main as emulator
from scripts.generated import table_row, write_or_check
from tap_clevertap.tap import TapCleverTap
from target_clevertap.target import TargetCleverTap

if TYPE_CHECKING:
    from singer_sdk.plugin_base import PluginBase

SCRIPTS = Path(__file__).resolve().parent
DOCS = SCRIPTS.parent / "docs"
PAGES = ("settings-tap.md", "settings-target.md", "settings-emulator.md")
PLUGINS: dict[str, type[PluginBase]] = {
    PAGES[0]: TapCleverTap,
    PAGES[1]: TargetCleverTap,
}
EXAMPLE = re.compile(r"^(\S+):\n((?:  .*\n)+)", re.MULTILINE)
FLAG_EXAMPLE = re.compile(r'^([a-z-]+): "?(.+?)"?$', re.MULTILINE)
BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
}
Schema = dict[str, Any]

HEAD = """# Settings of {name}

`make reference` writes this page from the schema that `{name} --about` prints.
An example is a part of the plugin in `meltano.yml`. Without Meltano the same keys go into a JSON
file, and paths have no `$MELTANO_PROJECT_ROOT`. Secrets go into the environment, or into the file
`.env` of a Meltano project.

Environment variables are read with `--config ENV`. A list in one is JSON, or names with commas
between them; an object is JSON. {dispensable}

[{title}]({readme}) explains how the settings work together.

<!-- make reference: begin -->
"""
END = "\n<!-- make reference: end -->\n"
DISPENSABLE = {
    "tap-clevertap": (
        "Export files alone need no `passcode`, and pushed messages alone\nno credentials."
    ),
    "target-clevertap": "A run with `dry_run: local` needs no credentials.",
}
"""By the name of a plugin: where required settings may be missing."""

EMULATOR_HEAD = """# Flags of clevertap-emulator

`make reference` writes this page from the flags, which `clevertap-emulator --help` prints too.
There are no environment variables. In Python, the flags of the server are the fields of
`clevertap_emulator.Settings`, with `_` for `-`.

<!-- make reference: begin -->
"""


def schema_of(plugin: type[PluginBase]) -> Schema:
    """Return the schema of a plugin's settings, with those that the Singer SDK adds."""
    schema = dict(plugin.config_jsonschema)
    plugin.append_builtin_config(schema)
    return schema


def examples_of(plugin: str) -> dict[str, str]:
    """Return the example of each setting, as YAML below `config:`."""
    return dict(EXAMPLE.findall(_text_of(plugin)))


def flag_examples() -> dict[str, str]:
    """Return the example of each flag: its value, or how the flag itself is spelled."""
    return dict(FLAG_EXAMPLE.findall(_text_of("clevertap-emulator")))


def _text_of(program: str) -> str:
    return (SCRIPTS / "settings" / f"{program}.yml").read_text(encoding="utf-8")


def documents() -> dict[Path, str]:
    """Return all pages by their files."""
    pages = [*map(settings_page, PLUGINS.values()), emulator_page()]
    return {DOCS / name: page for name, page in zip(PAGES, pages, strict=True)}


def settings_page(plugin: type[PluginBase]) -> str:
    """Return the page of a plugin's settings.

    Raises:
        ValueError: A setting has no example.
    """
    schema, examples = schema_of(plugin), examples_of(plugin.name)
    if missing := schema["properties"].keys() - examples.keys():
        names = ", ".join(sorted(missing))
        message = f"{names}: there is no example; add it to scripts/settings/{plugin.name}.yml"
        raise ValueError(message)
    secret = {name for name, each in schema["properties"].items() if each.get("secret")}
    readme = f"../{plugin.name}/README.md"
    of_head = {"name": plugin.name, "title": plugin.name, "readme": readme}
    parts = [HEAD.format(**of_head, dispensable=DISPENSABLE[plugin.name])]
    for name, setting in schema["properties"].items():
        variable = f"{plugin.name.upper().replace('-', '_')}_"
        required = name in schema.get("required", ())
        parts.append(
            f"\n## `{name}`\n\n{_sentence(setting['description'])}\n\n"
            f"{_facts(setting, variable + name.upper(), is_required=required)}\n"
            f"{_blocks(examples[name], secret, variable)}"
        )
    return "".join([*parts, END])


def _sentence(text: str) -> str:
    """Return a description in lines, with what would be Markdown as it is."""
    plain = re.sub(r'(\["\*"\]|__\w+__)', r"`\1`", " ".join(text.split()).replace("``", "`"))
    return plain if "](" in plain else textwrap.fill(plain, 100, break_on_hyphens=False)


def _facts(setting: Schema, variable: str, *, is_required: bool) -> str:
    types = setting.get("type", "object")
    (kind,) = {types} if isinstance(types, str) else {*types} - {"null"}
    bounds = [text.format(f"{setting[key]:,}") for key, text in BOUNDS.items() if key in setting]
    lines = [f"- Kind: {', '.join([kind, *bounds])}{', secret' if setting.get('secret') else ''}"]
    if "enum" in setting:
        lines.append(f"- Values: {', '.join(f'`{each}`' for each in setting['enum'] if each)}")
    if is_required:
        lines.append("- Required")
    elif setting.get("default") is not None:
        lines.append(f"- Default: `{_text(setting['default'])}`")
    return "\n".join([*lines, f"- Environment variable: `{variable}`"])


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _blocks(example: str, secret: set[str], variable: str) -> str:
    """Return an example as YAML, and what is secret in it as a variable."""
    lines = example.splitlines()
    hidden = [line for line in lines if line.strip().partition(":")[0] in secret]
    shown = [line for line in lines if line not in hidden]
    yaml = "".join(f"{line}\n" for line in ["config:", *shown])
    parts = [f"\n```yaml\n{yaml}```\n"] if shown else []
    pairs = [line.strip().split(": ", 1) for line in hidden]
    values = "".join(f"{variable}{name.upper()}={value}\n" for name, value in pairs)
    return "".join([*parts, *([f"\n```shell\n{values}```\n"] if values else [])])


def emulator_page() -> str:
    """Return the page of the emulator's flags."""
    parts = [EMULATOR_HEAD, "\n## The server\n\n", _flag_table(emulator)]
    for name, command in sorted(emulator.commands.items()):
        parts += [f"\n## `{name}`\n\n{command.help}\n\n", _flag_table(command)]
    return "".join([*parts, END])


def options_of(command: click.Command) -> list[click.Option]:
    """Return the options of a command, without --help and --version."""
    options = [each for each in command.params if isinstance(each, click.Option)]
    return [each for each in options if not each.is_eager]


def example_of(option: click.Option) -> str:
    """Return the example of a flag, as it is written on the command line.

    Raises:
        ValueError: It has no example.
    """
    flag = option.opts[0]
    value = flag_examples().get(flag.removeprefix("--"))
    if value is None:
        message = f"{flag}: there is no example; add it to scripts/settings/clevertap-emulator.yml"
        raise ValueError(message)
    return value if value.startswith("--") else f"{flag} {shlex.quote(value)}"


def _flag_table(command: click.Command) -> str:
    rows = ["| flag | values | default | meaning | example |\n", "|---|---|---|---|---|\n"]
    for option in options_of(command):
        flags = "`, `".join([*option.opts, *option.secondary_opts])
        text, _, default = re.sub(r"({{[\w-]+}})", r"`\1`", option.help or "").partition(
            "  [default: "
        )
        standard = default.removesuffix("]") or _flag_default(option)
        cells = [f"`{flags}`", _values(option), standard, text, f"`{example_of(option)}`"]
        rows.append(table_row(cells))
    return "".join(rows)


def _flag_default(option: click.Option) -> str:
    if option.required:
        return "required"
    given: Any = option.to_info_dict()["default"]  # click's own attribute is not None without one
    values = given if option.multiple else [given]
    return ", ".join(f"`{each}`" for each in values or () if each not in {None, ""}) or "none"


def _values(option: click.Option) -> str:
    kind = option.type
    if isinstance(kind, click.Choice):
        return ", ".join(f"`{each}`" for each in kind.choices)
    if isinstance(kind, (click.IntRange, click.FloatRange)):
        name = "integer" if isinstance(kind, click.IntRange) else "number"
        top = f" to {kind.max:,}" if kind.max is not None else " or more"
        return f"{name}, {kind.min:,}{top}"
    return {"text": "text", "path": "path", "integer": "integer"}.get(kind.name, "")


def main(arguments: list[str]) -> None:
    """Write the pages, or only compare."""
    write_or_check(documents(), "reference", arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
