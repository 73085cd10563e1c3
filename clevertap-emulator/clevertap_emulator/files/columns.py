"""Columns as the new export flow lets a customer choose them: renamed, dropped, in any order.

Their names are those of CSV: `ts`, `profile.identity`, `deviceInfo.dimensions.width`,
`eventProps.Amount` or, for a whole block, `deviceInfo`. [U:profile-exports]
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from clevertap_emulator.shown import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clevertap_emulator.files.rows import EventFileRow, UserRow
    from clevertap_emulator.files.settings import ExportSettings

Value = TypeVar("Value")
BLOCKS = ("profile", "deviceInfo", "eventProps", "sessionProps")


class ChosenColumns:
    """What becomes of the columns of a file.

    Raises:
        ValueError: A flag has no `=`.
    """

    def __init__(self, settings: ExportSettings) -> None:
        for given in settings.rename:
            if "=" not in given:
                message = f"--rename: {shown(given)} has no `=`; use old=new"
                raise ValueError(message)
        self._names = dict(given.split("=", 1) for given in settings.rename)
        self._dropped = frozenset(settings.drop)
        self._is_shuffled = settings.shuffle_columns
        self.are_chosen = bool(self._names or self._dropped or self._is_shuffled)
        """Whether any column is not where and what it usually is."""

    def row(self, row: EventFileRow) -> EventFileRow:
        """Return a row without what is dropped; name and time stay."""
        if not self._dropped:
            return row
        return row._replace(
            user=self.user(row.user),
            props=self.kept("eventProps", row.props),
            session=self.kept("sessionProps", row.session),
        )

    def members(self, members: dict[str, Any]) -> dict[str, Any]:
        """Return the members of a profile that are not dropped."""
        return {name: value for name, value in members.items() if not self._drops(name)}

    def user(self, user: UserRow) -> UserRow:
        """Return a user without what is dropped."""
        return user._replace(
            profile=self.kept("profile", user.profile) or {},
            device=self.kept("deviceInfo", user.device) or {},
            control_group=None if self._drops("controlGroupName") else user.control_group,
        )

    def nested(self, members: dict[str, Any], key: str) -> dict[str, Any]:
        """Return a row as an object, with the columns of its file.

        Args:
            members: By their documented names, of which some are blocks.
            key: Of the file, on which the order depends.
        """
        named: dict[str, Any] = {}
        for name in self.ordered({name: name for name in members}, key):
            if not self._drops(name):
                block = members[name]
                is_block = name in BLOCKS and isinstance(block, dict)
                named[self.name(name)] = self.block(name, block, key) if is_block else block
        return named

    def flat(self, members: Mapping[str, Value], key: str) -> dict[str, Value]:
        """Return columns under their chosen names, in the order of their file."""
        kept = {name: value for name, value in members.items() if not self._drops(name)}
        return {self.name(name): kept[name] for name in self.ordered(kept, key)}

    def ordered(self, members: Mapping[str, object], key: str) -> list[str]:
        """Return names in the order that they have in a file."""
        names = [*members]
        if self._is_shuffled:
            Random(f"{key} {len(names)}").shuffle(names)  # noqa: S311 - seeded on purpose
        return names

    def name(self, name: str) -> str:
        """Return the chosen name of a column."""
        return self._names.get(name, name)

    def block(self, block: str, members: dict[str, Value], key: str) -> dict[str, Value]:
        """Return the members of a block under their chosen names, in the order of their file."""
        named = {}
        for name in self.ordered(members, key):
            chosen = self.name(f"{block}.{name}")
            named[chosen.removeprefix(f"{block}.")] = members[name]
        return named

    def kept(self, block: str, members: dict[str, Any] | None) -> dict[str, Any] | None:
        """Return the members of a block that are not dropped; None if the block is."""
        if members is None or self._drops(block):
            return None
        return {
            name: self.kept(f"{block}.{name}", value) if isinstance(value, dict) else value
            for name, value in members.items()
            if not self._drops(f"{block}.{name}")
        }

    def _drops(self, name: str) -> bool:
        block, _, inner = name.partition(".")
        outer = {block, f"deviceInfo.{inner.partition('.')[0]}" if block == "deviceInfo" else block}
        return name in self._dropped or not outer.isdisjoint(self._dropped)
