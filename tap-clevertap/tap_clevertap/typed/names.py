"""Names of typed streams and columns: unique, and the same in every run.

The name of an event or a property is written in lower case, with each run of other characters than
a-z and 0-9 as one `_`. A suffix of its SHA-256 tells names apart that would meet.
"""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator, Mapping

STREAM_PREFIX = "event_"
DIGITS = 6
"""Hex digits of a suffix."""
ALL_DIGITS = 64
_SIMPLE = re.compile(r"[A-Za-z0-9 _-]+")
_OTHERS = re.compile(r"[^a-z0-9]+")


def plain_name(name: str) -> str:
    """Return a name in lower case, with each run of other characters as one `_`."""
    return _OTHERS.sub("_", name.lower())


def has_only_simple(name: str) -> bool:
    """Return whether a name has ASCII letters, digits, spaces, `-` and `_` only."""
    return _SIMPLE.fullmatch(name) is not None


def suffixed_name(name: str, *, prefix: str = "", digits: int = DIGITS) -> str:
    """Return the name with the first hex digits of the SHA-256 of the exact name."""
    return f"{prefix}{plain_name(name)}_{sha256(name.encode()).hexdigest()[:digits]}"


def possible_names(name: str) -> Iterator[str]:
    """Yield the names that `assign_names` gives: plain, with a suffix, and with a longer one."""
    if has_only_simple(name):
        yield plain_name(name)
    yield suffixed_name(name)
    yield suffixed_name(name, digits=2 * DIGITS)


def assign_names(
    names: Iterable[str],
    *,
    prefix: str = "",
    taken: Container[str] = frozenset(),
    kept: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return a name for each event or property; no two are equal.

    Args:
        names: Of the events or properties, as CleverTap has them.
        prefix: Of each name that is returned.
        taken: Names that none may have.
        kept: Names given earlier, also to others than `names`; they do not change.
    """
    kept = kept or {}
    known = dict.fromkeys((*names, *kept))
    plain = {name: prefix + plain_name(name) for name in known}
    met = Counter(plain.values())
    used = set(kept.values())
    new = [name for name in known if name not in kept]
    suffixed = {
        name
        for name in new
        if not has_only_simple(name)
        or met[plain[name]] > 1
        or plain[name] in used
        or plain[name] in taken
    }
    while True:
        given = _suffixed(suffixed, prefix, taken, used)
        meeting = {name for name in new if name not in suffixed and plain[name] in given.values()}
        if not meeting:
            break
        suffixed |= meeting
    return {name: kept.get(name) or given.get(name) or plain[name] for name in known}


def _suffixed(
    names: Collection[str], prefix: str, taken: Container[str], used: Container[str]
) -> dict[str, str]:
    given = {name: suffixed_name(name, prefix=prefix) for name in names}
    for digits in range(2 * DIGITS, ALL_DIGITS, DIGITS):
        times = Counter(given.values())
        meeting = [n for n, to in given.items() if times[to] > 1 or to in taken or to in used]
        for name in meeting:
            given[name] = suffixed_name(name, prefix=prefix, digits=digits)
    return given
