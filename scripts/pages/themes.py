"""Pictures with a light and a dark form: GitHub chooses by `<picture>`, the site by its switch."""

from __future__ import annotations

import re

PICTURE = re.compile(
    r'<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="(?P<dark>[^"]+)">\s*'
    r'<img alt="(?P<alt>[^"]+)" src="(?P<light>[^"]+)">\s*</picture>'
)


def switched(text: str) -> str:
    """Return a page whose pictures follow the theme that the reader chose."""
    return PICTURE.sub(
        r'<img class="only-light" alt="\g<alt>" src="\g<light>">'
        r'<img class="only-dark" alt="\g<alt>" src="\g<dark>">',
        text,
    )


def plain(text: str) -> str:
    """Return a page with its pictures as Markdown has them, in their light form."""
    return PICTURE.sub(r"![\g<alt>](\g<light>)", text)
