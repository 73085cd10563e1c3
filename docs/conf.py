"""Settings of Sphinx. `make docs` prepares its source: see `scripts/pages`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from scripts.pages.content import address  # noqa: E402 - from the path above
from scripts.pages.links import Repository  # noqa: E402
from scripts.pages.places import places  # noqa: E402

OWNER = (HERE.parent / "hub" / "OWNER").read_text(encoding="utf-8").strip()

PLACES = places(HERE.parent)
REPOSITORY = Repository(HERE.parent, PLACES, address(HERE.parent))

project = "CleverTap for Singer and Meltano"
copyright = f"{OWNER}, Apache-2.0"  # noqa: A001 - Sphinx's own name
extensions = ["myst_parser", "sphinx_copybutton"]
source_suffix = {".md": "markdown"}
nitpicky = True

myst_enable_extensions = ["alert", "html_image"]
myst_heading_anchors = 6  # as on GitHub
myst_fence_as_directive: list[str] = []
copybutton_exclude = ".linenos, .gp, .go"

html_theme = "furo"
html_title = project
html_static_path = [str(HERE / "_static")]
html_css_files = ["site.css"]
templates_path = [str(HERE / "_templates")]
html_copy_source = False  # `make docs` puts each page's Markdown next to it
html_show_sphinx = False
html_use_index = False
html_theme_options = {"top_of_page_buttons": ["view"]}


def setup(app: Sphinx) -> None:
    """Give each page the address of its Markdown."""
    app.connect("html-page-context", _link_markdown)


def _link_markdown(
    app: Sphinx,
    page: str,
    template: str,  # noqa: ARG001 - the arguments of Sphinx's event
    context: dict[str, Any],
    doctree: object,
) -> None:
    del app
    if doctree is None:  # the search, for example
        return
    (document,) = (path for path, place in PLACES.items() if place == f"{page}.md")
    context["github_page"] = REPOSITORY.on_github(document.removesuffix("/README.md"))
    context["markdown_page"] = f"{page.rsplit('/', 1)[-1]}.md"
    context["metatags"] += (
        f'<link rel="alternate" type="text/markdown" href="{context["markdown_page"]}">'
    )
