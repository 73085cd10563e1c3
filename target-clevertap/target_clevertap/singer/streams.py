"""A stream and its branches: what happens to its records, by stream maps and rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from target_clevertap.records.deletions import Deletions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from target_clevertap.records.entry_builder import EntryBuilder
    from target_clevertap.singer.changed_profiles import ChangedProfiles
    from target_clevertap.singer.columns import Columns
    from target_clevertap.singer.origin import Origin


@dataclass(frozen=True, slots=True)
class Branch:
    """What happens to a stream's records by one stream map and one rule.

    A stream has a branch for each of its stream maps: a map may copy it under an alias.
    """

    transform: Callable[[dict[str, Any]], dict[str, Any] | None]
    builder: EntryBuilder
    origin: Origin
    is_plain: bool = False
    """Whether no stream map changes its records."""

    changes: ChangedProfiles | None = None
    """Tells which of its profiles changed; None where the run has no need to know."""

    warnings: Sequence[str] = ()
    """What may be wrong; logged before the first record is sent."""

    notes: Sequence[str] = ()
    """What is good to know; logged before the first record is sent."""

    keeps_user: bool = True
    """Whether a row that the stream map fails on has the user that it would have after it."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream under one SCHEMA."""

    origin: Origin
    schema: tuple[Any, Any, Any]
    """All of the SCHEMA message but the stream's name: an equal message changes nothing."""

    columns: Columns
    """The columns by the SCHEMA."""

    branches: Sequence[Branch]
    deletions: Deletions = field(default_factory=Deletions, compare=False)
    """Tells which records, as they came in, are rows that were deleted at the source."""

    @property
    def deletes_users(self) -> bool:
        """Whether rows that were deleted at the source delete their users, in some branch."""
        return any(branch.builder.row_deletions is not None for branch in self.branches)

    @property
    def plain(self) -> Branch | None:
        """The branch that all records take as they came; None where there are more or others."""
        branch = self.branches[0] if len(self.branches) == 1 else None
        return branch if branch is not None and branch.is_plain else None

    def replay_branches(self, alias: object) -> Sequence[Branch]:
        """Return the branches for a record out of the rejects file: the one that rejected it.

        All branches where no branch has the alias.

        Args:
            alias: The name that a stream map gave the stream, by the reject.
        """
        return [each for each in self.branches if each.origin.alias == alias] or self.branches
