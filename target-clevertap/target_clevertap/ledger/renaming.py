"""Names that the ledger knows only as an earlier release wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from target_clevertap.ledger.claim import Former


class Renamed(NamedTuple):
    """What is known of a name by its former one."""

    state: int
    used_up: bytes | None
    """The former name, where it counts for one of equal rows and for no other."""


def find_renamed(
    former: Mapping[bytes, Former], states: Mapping[bytes, int]
) -> dict[bytes, Renamed]:
    """Return what is known of names by their former ones.

    Args:
        former: By the name of today.
        states: Of the former names.
    """
    left = dict(states)
    found: dict[bytes, Renamed] = {}
    for name, each in former.items():
        state = left.get(each.name)
        if state is None:
            continue
        found[name] = Renamed(state, each.name if each.is_of_one else None)
        if each.is_of_one:
            del left[each.name]
    return found
