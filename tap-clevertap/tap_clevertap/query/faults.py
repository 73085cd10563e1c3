"""The faults of a query, each with its path."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tap_clevertap._plugin.shown import shown
from tap_clevertap._plugin.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

MOST_FAULTS_SHOWN = 5


class QueryError(ValueError):
    """The setting has faults; its text has all of them."""


@dataclass
class Faults:
    """Collects what is wrong with a query, so that one message has all of it."""

    found: list[str] = field(default_factory=list)

    def add(self, path: str, what: str, advice: str) -> None:
        """Add a fault.

        Args:
            path: As in `query.advanced_query.did_all[0].from`.
            what: Without values of filters, which may be personal data.
            advice: What to do.
        """
        self.found.append(f"{path}: {what}; {advice}")

    def check_keys(
        self,
        given: Mapping[str, Any],
        known: Collection[str],
        path: str,
        advice: Mapping[str, str] | None = None,
    ) -> None:
        """Add a fault for each key of an object that is not known.

        Args:
            given: The object.
            known: All keys that it may have.
            path: Of the object.
            advice: The whole fault of certain unknown keys.
        """
        for key in given:
            if key in known:
                continue
            meant = nearest(key, known) or f"use {', '.join(known)}"
            fault = (advice or {}).get(key) or f"it is not known here; {meant}"
            self.found.append(f"{path}.{shown(key)[1:-1]}: {fault}")

    @property
    def message(self) -> str:
        """The first faults in one line, and the number of the others."""
        more = len(self.found) - MOST_FAULTS_SHOWN
        shown_ones = self.found[:MOST_FAULTS_SHOWN]
        return "; ".join([*shown_ones, *([f"and {more} more"] if more > 0 else [])])
