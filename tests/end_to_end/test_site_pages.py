"""The pages of the site as `make docs` prepares them. tests/site walks what was built of them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt

from scripts.pages import content as site_content
from scripts.pages import llms, navigation, themes
from scripts.pages.content import read
from scripts.pages.links import Repository, linked, links
from scripts.pages.links import pictures as pictures_of
from scripts.pages.places import places
from scripts.pictures import chaos_plot
from scripts.pictures.__main__ import pictures

ROOT = Path(__file__).parents[2]
GITHUB = "https://github.com/OWNER/clevertap-singer"
REPOSITORY = Repository(ROOT, places(ROOT), GITHUB)


def test_each_page_is_on_the_front_page_once():
    content = read(ROOT)
    assert content.texts.keys() - content.sources.keys() == {"llms.txt", "llms-full.txt"}


@pytest.mark.parametrize(
    ("source", "link", "expected"),
    [
        ("docs/check.md", "receipt.md#the-json", "receipt.md#the-json"),
        ("docs/check.md", "#tap-clevertap", "#tap-clevertap"),
        ("docs/check.md", "../tap-clevertap/README.md", "tap-clevertap.md"),
        ("docs/check.md", "https://docs.python.org/3/", "https://docs.python.org/3/"),
        ("docs/check.md", "../README.md", f"{GITHUB}/blob/main/README.md"),
        ("docs/check.md", "../examples/queue", f"{GITHUB}/tree/main/examples/queue"),
        ("docs/check.md", "../examples", "examples.md"),
        ("docs/check.md", "../examples/warehouses", "examples/warehouses.md"),
        ("docs/check.md", "../examples/warehouses/", "examples/warehouses.md"),
        ("docs/check.md", "growth.svg", "pictures/growth.svg"),
        ("docs/check.md", "pictures/roads.svg", "pictures/roads.svg"),
        ("docs/design/011-counts.md", "../check.md", "../check.md"),
        ("docs/design/011-counts.md", "008-one-process.md", "008-one-process.md"),
        ("examples/warehouses/README.md", "../../docs/spark.md#iceberg", "../spark.md#iceberg"),
        ("tap-clevertap/README.md", f"{GITHUB}/blob/main/docs/check.md#host", "check.md#host"),
        ("tap-clevertap/README.md", f"{GITHUB}/actions", f"{GITHUB}/actions"),
    ],
)
def test_a_link_leads_to_a_page_or_to_github(source, link, expected):
    assert REPOSITORY.target(source, link) == expected


def test_pictures_that_are_shown_or_linked_to_are_known():
    text = f"![a](growth.svg) [b]({GITHUB}/blob/main/docs/pictures/roads.svg) [c](check.md) `x.png`"
    found = pictures_of(text, "docs/index.md", REPOSITORY)
    assert found == {"docs/growth.svg", "docs/pictures/roads.svg"}


def test_links_of_pages_in_one_file_are_from_the_upper_folder():
    one = replace(REPOSITORY, is_one_file=True)
    assert one.target("docs/design/011-counts.md", "../check.md") == "check.md"
    assert one.target("docs/design/011-counts.md", "008-one-process.md") == (
        "design/008-one-process.md"
    )


@pytest.mark.parametrize(
    "link",
    [
        "missing.md",
        "../../outside.md",
        "../..",
        "/",
        "/etc/passwd",
        "check.md?plain=1",
        f"{GITHUB}/blob/main/missing",
    ],
)
def test_a_link_to_no_file_is_refused(link):
    with pytest.raises(ValueError, match="leads to no file"):
        REPOSITORY.target("docs/check.md", link)


def links_of_a_parser(text):
    """Return the links and pictures that a parser of Markdown finds; not bare addresses."""
    found = []
    for block in MarkdownIt("commonmark").enable("table").parse(text):
        for token in [block, *(block.children or ())]:
            if token.type in {"html_block", "html_inline"}:
                found += re.findall(r'\b(?:href|src|srcset)="([^"]+)"', token.content)
            elif token.markup != "autolink" and token.type in {"link_open", "image"}:
                found.append(unquote(token.attrs["href" if token.type == "link_open" else "src"]))
    return found


@pytest.mark.parametrize("place", places(ROOT))
def test_the_links_of_a_page_are_those_that_a_parser_finds(place):
    text = (ROOT / place).read_text()
    assert sorted(links(text)) == sorted(links_of_a_parser(text))


LINKS = """[a](a.md) ![b](b.svg "B") [c](<c d.md>) [e](e_(f).md) `[g](no)` `` ` [h](no) ``
[i][name] [j](https://example.com/x)

> ```md
> [k](no)
> ```

- ~~~
  [l](no)
  ~~~

A ` that is alone.

[m](m.md) and another ` that is alone <a href="n.md">n</a> <!-- [o](no) -->

| a | b |
|---|---|
| [p](p.md) | `[q](no)` |

[name]: r.md
"""


def test_links_are_read_as_markdown_has_them():
    expected = ["a.md", "b.svg", "c d.md", "e_(f).md", "https://example.com/x", "m.md", "n.md"]
    assert sorted(links(LINKS)) == [*expected, "p.md", "r.md"]
    assert sorted(links_of_a_parser(LINKS)) == [*expected, "p.md", "r.md"]


def test_a_note_at_the_foot_is_no_link():
    assert links("Text.[^1]\n\n[^1]: A note.\n") == []


def test_code_stays_as_it_is():
    text = "`[a](check.md)` [b](../SECURITY.md)\n```md\n[c](check.md)\n```\n[d](check.md)\n"
    expected = "`[a](check.md)` [b](security.md)\n```md\n[c](check.md)\n```\n[d](check.md)\n"
    assert linked(text, "docs/check.md", REPOSITORY) == expected


def test_the_address_of_a_definition_is_replaced():
    text = "[a][one]\n\n[one]: ../SECURITY.md\n"
    expected = "[a][one]\n\n[one]: security.md\n"
    assert linked(text, "docs/check.md", REPOSITORY) == expected


def test_two_pictures_of_one_place_are_refused(tmp_path):
    for place in ("docs/a.svg", "docs/pictures/a.svg"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("<svg><style>@media (prefers-color-scheme: dark) {}</style>")
    raw = {"docs/index.md": "![a](a.svg) ![b](pictures/a.svg)"}
    with pytest.raises(ValueError, match=r"pictures/a\.svg: another picture has the place"):
        site_content._drawn(raw, Repository(tmp_path, {}, GITHUB))


FRONT = """# Front

What it is,
in two lines.

## One

- [A](a.md): about
  a thing.
- [B](b.md)

## No pages

- [C](c.md#part) is no entry.

## Two

- [A](a.md): again.
"""


def test_sections_are_lists_of_pages():
    one, two = navigation.sections(FRONT)
    assert [(e.title, e.page, e.about) for e in one.entries] == [
        ("A", "a.md", "about a thing."),
        ("B", "b.md", ""),
    ]
    assert two.title == "Two"


def test_pages_that_are_missing_unknown_or_listed_twice_are_faults():
    found = navigation.faults(navigation.sections(FRONT), {"a.md", "other.md"})
    assert [fault.split(":")[0] for fault in found] == ["other.md", "b.md", "a.md"]


def test_the_list_for_language_models_has_the_form_of_llmstxt_org():
    text = llms.llms(FRONT, navigation.sections(FRONT))
    assert text.startswith(
        "# Front\n\n> What it is, in two lines.\n\n## One\n\n- [A](a.md): about a "
    )
    assert text.endswith("## Two\n\n- [A](a.md): again.\n")


def test_a_picture_of_two_themes():
    text = (
        '<picture>\n  <source media="(prefers-color-scheme: dark)" srcset="d.svg">\n'
        '  <img alt="A way" src="l.svg">\n</picture>\n'
    )
    assert themes.plain(text) == "![A way](l.svg)\n"
    assert 'class="only-dark" alt="A way" src="d.svg"' in themes.switched(text)


def test_only_own_pictures_outside_of_code_are_switched():
    text = '![the "way"](a.svg)\n```md\n![b](b.svg)\n```\n![c](https://example.com/c.svg)\n'
    switched = themes.switched(text)
    assert 'alt="the &quot;way&quot;" src="a-light.svg"' in switched
    assert "```md\n![b](b.svg)\n```\n![c](https://example.com/c.svg)\n" in switched


def test_an_svg_has_a_light_and_a_dark_form():
    svg = b"<svg><style>@media (prefers-color-scheme: dark) { .a { fill: red } }</style></svg>"
    assert themes.both_forms("pictures/a.svg", svg) == {
        "pictures/a.svg": svg,
        "pictures/a-light.svg": b"<svg><style></style></svg>",
        "pictures/a-dark.svg": b"<svg><style> .a { fill: red } </style></svg>",
    }
    with pytest.raises(ValueError, match="no style for dark themes"):
        themes.both_forms("pictures/a.svg", b"<svg></svg>")


def test_the_drawn_pictures_are_of_their_data():
    old = [path.name for path, svg in pictures().items() if path.read_text() != svg]
    assert old == [], "run make reference"


def test_the_plot_has_each_case_of_the_tables():
    page = (ROOT / "docs" / "guarantees.md").read_text()
    found = chaos_plot.cases(page)
    assert len(found) == len(re.findall(r"^\|.* kill -9|^\| `meltano run`", page, re.MULTILINE))
    assert [case for case in found if not case.interruptions >= case.in_flight > 0] == []
    changed = chaos_plot.picture(page.replace("| 33,826 | 0 |", "| 33,826 | 17 |"))
    assert ">17<" in changed
    with pytest.raises(ValueError, match="no table of make chaos"):
        chaos_plot.cases("# What is guaranteed\n")
