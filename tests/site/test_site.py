"""The site as it was built by `make docs`, which runs these tests."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

import pytest

from scripts.pages.links import links
from scripts.pages.places import places
from tests.site.walked import ROOT, SITE, page, pages

if not SITE.is_dir():
    pytest.skip("make docs builds the site, and runs these tests", allow_module_level=True)

PAGES = pages()
ELSEWHERE = re.compile(r"(?:https?:)?//|data:", re.IGNORECASE)
ADDRESS = re.compile(r"https?://[\w.-]+(?::\d+)?(?:[/?#][^\s<>\"]*)?|mailto:[^@\s]+@[\w.-]+")
MARKDOWN_LINK = re.compile(r"\]\(([^()\s]+)\)")


def broken(place, link):
    """Return whether a link of a page leads to no file or to no anchor of the site."""
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return ADDRESS.fullmatch(link) is None
    file = (SITE / place).parent / unquote(parts.path) if parts.path else SITE / f"{place}.html"
    if not file.resolve().is_file():
        return True
    anchors = page(file.resolve()).ids if file.suffix == ".html" else set()
    return bool(parts.fragment) and unquote(parts.fragment) not in anchors


def test_each_page_has_its_html_and_its_markdown():
    wanted = {place.removesuffix(".md") for place in places(ROOT).values()}
    assert wanted == PAGES.keys()
    assert [place for place in wanted if not (SITE / f"{place}.md").is_file()] == []


@pytest.mark.parametrize("place", PAGES)
def test_links_and_anchors_lead_somewhere(place):
    assert [link for link in PAGES[place].links if broken(place, link)] == []


@pytest.mark.parametrize("place", PAGES)
def test_a_page_links_to_its_markdown(place):
    assert f"{place.rsplit('/', 1)[-1]}.md" in PAGES[place].links


@pytest.mark.parametrize("place", PAGES)
def test_a_page_links_to_its_file_or_folder_on_github(place):
    (path,) = (path for path, at in places(ROOT).items() if at == f"{place}.md")
    end = f"/main/{path.removesuffix('/README.md')}"
    assert [link for link in PAGES[place].links if link.endswith(end)]


@pytest.mark.parametrize("place", PAGES)
def test_a_page_loads_nothing_from_another_host(place):
    assert PAGES[place].loaded
    assert [each for each in PAGES[place].loaded if ELSEWHERE.match(each)] == []


def test_styles_and_scripts_load_nothing_from_another_host():
    loads = re.compile(r"url\(\s*['\"]?(?:https?:)?//|@import\s+['\"]?(?:https?:)?//")
    styles = list(SITE.rglob("*.css"))
    assert styles
    assert [path.name for path in styles if loads.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("place", PAGES)
def test_each_picture_has_words_in_its_place(place):
    assert [alt for alt in PAGES[place].alts if not alt] == []


def test_each_page_is_in_the_navigation():
    names = {link.split("#")[0] for link in PAGES["index"].navigation}
    assert {f"{place}.html" for place in PAGES} - names <= {"index.html"}


def test_the_list_for_language_models_has_each_page():
    listed = MARKDOWN_LINK.findall((SITE / "llms.txt").read_text())
    assert sorted(listed) == sorted(f"{place}.md" for place in PAGES if place != "index")
    full = (SITE / "llms-full.txt").read_text()
    assert [place for place in PAGES if f"<!-- {place}.md -->" not in full] == []


@pytest.mark.parametrize("place", [*PAGES, "llms-full"])
def test_links_of_the_markdown_lead_to_files(place):
    file = SITE / f"{place}.{'txt' if place == 'llms-full' else 'md'}"
    own = [link for link in links(file.read_text()) if not ELSEWHERE.match(link)]
    files = {link.split("#")[0] for link in own if not link.startswith("mailto:")} - {""}
    assert [file for file in files if not ((SITE / place).parent / file).is_file()] == []
