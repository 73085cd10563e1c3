"""The part of a receipt's page about export files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tap_clevertap._plugin.page import name_label, page_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tap_clevertap.receipt.files import FilesResult

MOST_LISTED = 1000
"""Lines of each list; the receipt in JSON has all."""


def files_section(files: Mapping[str, FilesResult]) -> Iterator[str]:
    """Yield the HTML about export files, if a stream read any.

    Args:
        files: By stream.
    """
    if not files:
        return
    yield "<h2>Export files</h2>"
    yield '<div class="wide"><table class="list"><thead><tr><th scope="col">Stream'
    yield '<th scope="col">Files read<th scope="col">Rows<th scope="col">Rows set aside'
    yield '<th scope="col">Files unread</thead><tbody>'
    for stream, found in files.items():
        yield (
            f'<tr><th scope="row">{page_text(stream)}<td class="n">{found.read:,}'
            f'<td class="n">{found.rows:,}<td class="n">{found.bad_rows:,}'
            f'<td class="n">{len(found.unread) + len(found.changed):,}'
        )
    yield "</tbody></table></div>"
    results = files.values()
    unread = {key: why for each in results for key, why in each.unread.items()}
    yield from _list("Unread files", [f"{name_label(k)} {page_text(w)}" for k, w in unread.items()])
    changed = dict.fromkeys(key for each in results for key in each.changed)
    title = "Files that changed while they were read; the next run reads them"
    yield from _list(title, [*map(name_label, changed)])
    replaced = dict.fromkeys(key for each in results for key in each.replaced)
    yield from _list("Files that were replaced since an earlier run", [*map(name_label, replaced)])
    yield from _list("Odd runs", [page_text(fault) for each in results for fault in each.odd_runs])
    title = "Days whose files were all read again, because older ones came late or may have changed"
    late = dict.fromkeys(day for each in results for day in each.late_days)
    yield from _list(title, [*map(page_text, late)])


def _list(title: str, items: Sequence[str]) -> Iterator[str]:
    if not items:
        return
    yield f"<h3>{title}</h3><ul>"
    yield from (f"<li>{item}" for item in items[:MOST_LISTED])
    yield "</ul>"
    if len(items) > MOST_LISTED:
        yield f"<p>And {len(items) - MOST_LISTED:,} more.</p>"
