"""The truth: what a complete reader of the files finds, one JSON object for each row.

Text formats give text: their truth has the text of each value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from clevertap_emulator.data.events import to_json
from clevertap_emulator.files.rows import Rows, keep
from clevertap_emulator.files.values import plain_text, texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.files.columns import ChosenColumns
    from clevertap_emulator.files.rows import UserRow, Users
    from clevertap_emulator.files.values import JsonObject

OF_PROFILE = ("identity", "all_identities", "name", "email", "phone", "platform", "push_token")


class View(Protocol):
    """What a format keeps of values."""

    def block(self, block: JsonObject | None) -> dict[str, Any] | None:
        """Return properties as they are found in files."""

    def scalar(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Return a value of a user as it is found in files."""

    def choices(self, groups: dict[str, bool]) -> Any:  # noqa: ANN401 - any JSON value
        """Return a user's choice of subscription groups as it is found in files."""


class ExactView:
    """Values as the API has them."""

    def block(self, block: JsonObject | None) -> dict[str, Any] | None:
        """Return them as they are."""
        return block

    def scalar(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Return it as it is."""
        return value

    def choices(self, groups: dict[str, bool]) -> Any:  # noqa: ANN401 - any JSON value
        """Return them as they are."""
        return groups


class TextView:
    """Values as text.

    Args:
        has_empty: Whether an empty text differs from an absent one.
    """

    def __init__(self, *, has_empty: bool) -> None:
        self._has_empty = has_empty

    def block(self, block: JsonObject | None) -> dict[str, Any] | None:
        """Return the text of each value; None if there is none."""
        return {n: text for n, text in texts(block).items() if text or self._has_empty} or None

    def scalar(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        """Return the text of a value."""
        return plain_text(value)

    def choices(self, groups: dict[str, bool]) -> Any:  # noqa: ANN401 - any JSON value
        """Return them as JSON."""
        return plain_text(groups)


class EventTruth:
    """Describes rows of events."""

    def __init__(self, users: Users, columns: ChosenColumns, view: View) -> None:
        self._rows = Rows(users)
        self._columns = columns
        self._view = view

    def lines(
        self, name: str, events: Sequence[StoredEvent], files: Sequence[Sequence[str]]
    ) -> Iterator[bytes]:
        """Yield a line for each event that is in a file, without line ends.

        Args:
            name: Of the event.
            events: In order of time.
            files: The keys of the files that each is in.
        """
        for row, keys in zip(self._rows.of(name, events), files, strict=True):
            if keys:
                kept = self._columns.row(row)
                yield to_json(
                    {
                        "kind": "event",
                        "event_name": row.name,
                        "ts": row.ts,
                        **user_fields(kept.user, self._view),
                        "event_props": self._view.block(kept.props),
                        "session_props": self._view.block(kept.session),
                        "files": keys,
                    }
                )


class FastEventTruth:
    """Describes rows of events that are exact and whole, in a fraction of the time."""

    def __init__(self, users: Users) -> None:
        self._users = users
        self._view = ExactView()
        self._texts: dict[tuple[int, int], bytes] = {}

    def lines(
        self, name: str, events: Sequence[StoredEvent], files: Sequence[Sequence[str]]
    ) -> Iterator[bytes]:
        """Do what `EventTruth` does."""
        named = to_json(name)
        for event, keys in zip(events, files, strict=True):
            if keys:
                user = self._texts.get((event.person, event.device)) or self._user(event)
                opening, closing = event.template.props
                yield (
                    b'{"kind":"event","event_name":%b,"ts":%d,%b,'
                    b'"event_props":%b%b%b,"session_props":%b,"files":%b}'
                ) % (
                    *(named, event.ts, user),
                    *(opening, event.unique, closing, event.template.session),
                    to_json(keys),
                )

    def _user(self, event: StoredEvent) -> bytes:
        user = user_fields(self._users.row(event.person, event.device), self._view)
        return keep(self._texts, (event.person, event.device), to_json(user)[1:-1])


def user_fields(user: UserRow, view: View) -> dict[str, Any]:
    """Return the fields of a row that are about its user."""
    profile = user.profile
    fields = {name: view.scalar(profile.get(name)) for name in OF_PROFILE}
    return {
        "object_id": profile.get("objectId"),
        **fields,
        "all_identities": profile.get("all_identities"),
        "device": _in_view(user.device, view),
        "control_group": user.control_group,
    }


def _in_view(members: dict[str, Any], view: View) -> dict[str, Any]:
    return {
        name: _in_view(value, view) if isinstance(value, dict) else view.scalar(value)
        for name, value in members.items()
    }
