"""Pictures in light and in dark: a browser chooses by its settings, the site by its switch.

An SVG has both forms in one file. A PNG has two, which `<picture>` names.
"""

from __future__ import annotations

import re

from scripts.pages.links import outside_code

PICTURE = re.compile(
    r'<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="(?P<dark>[^"]+)">\s*'
    r'<img alt="(?P<alt>[^"]+)" src="(?P<light>[^"]+)">\s*</picture>'
)


DRAWN = re.compile(r"!\[(?P<alt>[^]]+)\]\((?P<stem>(?![a-z]+:)[^()\s]+)\.svg\)")
DARK_STYLE = re.compile(
    r"(?<=<style>)@media \(prefers-color-scheme: dark\) \{(.*)\}(?=</style>)", re.DOTALL
)


def switched(text: str) -> str:
    """Return a page whose pictures follow the theme that the reader chose."""
    return outside_code(text, lambda part: DRAWN.sub(_drawn, PICTURE.sub(_picture, part)))


def _picture(found: re.Match[str]) -> str:
    return _both(found["alt"], found["light"], found["dark"])


def _drawn(found: re.Match[str]) -> str:
    return _both(found["alt"], f"{found['stem']}-light.svg", f"{found['stem']}-dark.svg")


def _both(words: str, light: str, dark: str) -> str:
    alt = words.replace('"', "&quot;")
    return (
        f'<img class="only-light" alt="{alt}" src="{light}">'
        f'<img class="only-dark" alt="{alt}" src="{dark}">'
    )


def both_forms(place: str, picture: bytes) -> dict[str, bytes]:
    """Return the files that the site has of a picture: an SVG also in each form alone.

    Raises:
        ValueError: An SVG has no dark form.
    """
    if not place.endswith(".svg"):
        return {place: picture}
    svg, stem = picture.decode(), place.removesuffix(".svg")
    if DARK_STYLE.search(svg) is None:
        message = f"{place}: it has no style for dark themes; draw it with scripts/pictures"
        raise ValueError(message)
    light, dark = DARK_STYLE.sub("", svg), DARK_STYLE.sub(r"\1", svg)
    return {place: picture, f"{stem}-light.svg": light.encode(), f"{stem}-dark.svg": dark.encode()}


def plain(text: str) -> str:
    """Return a page with its pictures as Markdown has them, in their light form."""
    return outside_code(text, lambda part: PICTURE.sub(r"![\g<alt>](\g<light>)", part))
