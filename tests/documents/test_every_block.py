"""Every block of every document is run: by a test that reads it, or as part of an example.

What cannot be run here is in not_run.yml, with the reason and with what is checked instead.
CONTRIBUTING.md describes it under "Blocks in documents".
"""

from __future__ import annotations

import re
import textwrap
from functools import cache
from pathlib import Path

import pytest
import yaml

from tests.documents import command_lines, shown_settings
from tests.documents.claims import claims, claims_of
from tests.documents.syntax import OF_A_DIALECT, PARSERS, SHELLS, fault_of
from tests.support.pages import ROOT, blocks, documents

COPIED = re.compile(r"(?:#|--|//|<!--) (examples/\S+)(?: -->)?\n")
LISTED = yaml.safe_load(Path(__file__).with_name("not_run.yml").read_text())
PLAIN = {"", "text", "mermaid"}
"""Output and pictures: nobody runs them."""

PAGES = documents()
PROMPT = re.compile(r"^\$ ", re.MULTILINE)
TYPED = re.compile(
    r"^(?:\$ |(?:\w+=\S+ )*(?:meltano|make|pip|pipx|curl|git|(?:tap|target)-clevertap"
    r"|clevertap-emulator) [\w./-]+)",
    re.MULTILINE,
)
PATH = re.compile(r"(?<![\w/.-])(?:docs|examples|findings|hub|scripts|tests)/[\w./-]+")
each_page = pytest.mark.parametrize("page", PAGES)


def code_of(page):
    """Return the blocks of a page, without directives of the site's generator."""
    return [each for each in blocks(page) if not each.language.startswith("{")]


def place(found):
    return found.page, found.heading, found.language, found.number


@cache
def listed():
    """Return the entries of the list by the places of their blocks."""
    return {
        (page, each["heading"], each["language"], each.get("number", 1)): each
        for page, entries in LISTED.items()
        for each in entries
    }


@cache
def claimed():
    return {place(found) for claim in claims() for found in claim.blocks()}


def is_run(found):
    return bool(COPIED.match(found.text)) or place(found) in claimed()


def is_untested(found):
    """Return whether a block has to be run or listed, and is not."""
    typed = PROMPT if found.language else TYPED
    if found.language in PLAIN and not typed.search(found.text):
        return False
    return not is_run(found) and place(found) not in listed()


@each_page
def test_every_block_of_a_page_is_run_or_listed(page):
    untested = [
        f"{each} `{each.language}` under `{each.heading}`"
        for each in code_of(page)
        if is_untested(each)
    ]
    assert untested == [], 'see "Blocks in documents" in CONTRIBUTING.md'


def test_what_the_tests_read_is_there():
    nothing = [each for each in claims() if each.page not in PAGES or not each.blocks()]
    assert nothing == []
    assert len(claims()) > 50


@pytest.mark.parametrize("page", LISTED)
def test_what_is_listed_is_there_and_is_not_run(page):
    there = {place(each) for each in code_of(page) if not is_run(each)}
    assert [entry for entry in listed() if entry[0] == page and entry not in there] == []


@pytest.mark.parametrize("page", LISTED)
def test_what_is_listed_has_a_reason_and_is_checked(page):
    for found in code_of(page):
        entry = listed().get(place(found))
        if entry is not None:
            assert entry.keys() <= {"heading", "language", "number", "reason", "checked"}
            assert len(entry["reason"].split()) > 2
            assert entry["checked"]
            assert [check for check in entry["checked"] if not CHECKS[check](found)] == []


def checks_syntax(found):
    if found.language in OF_A_DIALECT:
        OF_A_DIALECT[found.language](found.text)
    return found.language in PARSERS or found.language in OF_A_DIALECT


def checks_commands(found):
    return found.language in SHELLS and [*command_lines.commands(found.text)]


def checks_settings(found):
    return found.language == "yaml" and [*shown_settings.settings_of(yaml.safe_load(found.text))]


def checks_files(found):
    named = PATH.findall(found.text)
    assert [name for name in named if not (ROOT / name.rstrip(".")).exists()] == []
    return named


CHECKS = {
    "syntax": checks_syntax,
    "commands": checks_commands,
    "settings": checks_settings,
    "files": checks_files,
}
"""What can be checked of a block that is not run; of other blocks it is checked too."""


@each_page
def test_blocks_parse(page):
    faults = {str(each): fault_of(each.language, each.text) for each in code_of(page)}
    assert {where: fault for where, fault in faults.items() if fault} == {}


@each_page
def test_commands_use_only_what_exists(page):
    for found in code_of(page):
        for command in checks_commands(found) or ():
            assert command_lines.faults_of(command) == [], f"{found}: {command}"


@each_page
def test_settings_and_rules_are_accepted(page):
    for found in code_of(page):
        for names, settings in checks_settings(found) or ():
            assert shown_settings.faults_of(names, settings) == [], found


@each_page
def test_a_block_with_a_files_name_is_an_excerpt_of_that_file(page):
    for found in code_of(page):
        copied = COPIED.match(found.text)
        if copied is not None:
            file = (ROOT / copied[1]).read_text().splitlines()
            assert is_excerpt(found.text[copied.end() :], file), found
        else:
            is_free = page not in {"README.md", "docs/recipes.md"}
            assert found.language != "yaml" or is_free, f"{found} names no file"


def is_excerpt(text, file):
    lines = textwrap.dedent(text).splitlines()
    starts = range(len(file) - len(lines) + 1)
    excerpts = (file[start : start + len(lines)] for start in starts)
    return any(textwrap.dedent("\n".join(each)).splitlines() == lines for each in excerpts)


def test_the_list_is_in_order():
    assert [*LISTED] == sorted(LISTED)


SOURCE = """
from tests.support.pages import block, every
PAGE = "docs/query.md"
def test(reader, page):
    block(PAGE, "Query", "yaml"); documented("docs/batch-files.md", "Batch files", number=2)
    reader.run("docs/install.md", "In a new project"); every("docs/presets.md", "yaml")
    block(page, "Query", "yaml"); subprocess.run(["docs/query.md"], "Query")
    block("docs/query.md", f"{page}", "yaml")
"""


def test_claims_are_calls_with_literals():
    found = list(claims_of(SOURCE, "test.py"))
    assert [(each.page, each.heading, each.language, each.number) for each in found] == [
        ("docs/query.md", "Query", "yaml", 1),
        ("docs/batch-files.md", "Batch files", "yaml", 2),
        ("docs/install.md", "In a new project", "shell", 1),
        ("docs/presets.md", None, "yaml", None),
    ]


def test_a_block_that_goes_nowhere_is_not_read():
    source = 'first, _ = every("docs/webhooks.md", "sql")'
    (claim,) = claims_of(source, "test.py")
    assert (
        claim.blocks()
        == [each for each in code_of("docs/webhooks.md") if each.language == "sql"][:1]
    )


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("meltano run tap-a target-b", []),
        ("X=1 meltano --log-level debug run --full-refres a b | cat", ["--full-refres"]),
        ("echo $(target-clevertap rejcts show --config x)", ["rejcts"]),
        (".venv/bin/clevertap-emulator --prot 8025 &", ["--prot"]),
        ("make demo NAEM=x", ["NAEM=x"]),
        ("cd x && make tset", ["tset"]),
        ("meltano invoke tap-clevertap --discover", []),
        ("tap-clevertap check \\\n  --config=a.json --formt json", ["--formt"]),
    ],
)
def test_a_flag_or_target_of_nothing_is_found(line, faults):
    (command,) = command_lines.commands(line)
    assert command_lines.faults_of(command) == faults


@pytest.mark.parametrize(
    "text",
    [
        "config: {regoin: in1}",
        "streams: {orders: {type: event, event: Charged, identity: id, tme: at}}",
        "orders: {type: evnt, identity: id}",
        "plugins: {loaders: [{name: target-clevertap--x, config: {max_rejects: all}}]}",
        "- {name: tap-clevertap--a, config: {strem_maps: {}}}",
    ],
)
def test_a_setting_or_rule_that_is_refused_is_found(text):
    ((names, settings),) = shown_settings.settings_of(yaml.safe_load(text))
    assert shown_settings.faults_of(names, settings)
