"""The truth: what a complete reader of the files finds, one JSON object for each row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clevertap_emulator.data.events import to_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from clevertap_emulator.data.events import StoredEvent
    from clevertap_emulator.files.rows import UserRow, Users


class EventTruth:
    """Describes the rows of events."""

    def __init__(self, users: Users) -> None:
        self._users = users

    def lines(
        self, name: str, events: Sequence[StoredEvent], files: Sequence[Sequence[str]]
    ) -> Iterator[bytes]:
        """Yield a line for each event of a day that is in a file, without line ends.

        Args:
            name: Of the event.
            events: In order of time.
            files: The keys of the files that each is in.
        """
        named = to_json(name)
        for event, keys in zip(events, files, strict=True):
            if keys:
                opening, closing = event.template.props
                yield (
                    b'{"kind":"event","event_name":%b,"ts":%d,%b,"event_props":%b%b%b,"session_props":%b,"files":%b}'
                    % (
                        *(named, event.ts, self._user(event)),
                        *(opening, event.unique, closing, event.template.session),
                        to_json(keys),
                    )
                )

    def _user(self, event: StoredEvent) -> bytes:
        return user_text(self._users.row(event.person, event.device))


def user_text(user: UserRow) -> bytes:
    """Return the fields of a row that are about its user, as members of a JSON object."""
    profile = user.profile
    fields = {
        "object_id": profile.get("objectId"),
        "identity": profile.get("identity"),
        "all_identities": profile.get("all_identities"),
        "name": profile.get("name"),
        "email": profile.get("email"),
        "phone": profile.get("phone"),
        "platform": profile.get("platform"),
        "push_token": profile.get("push_token"),
        "device": user.device,
        "control_group": user.control_group,
    }
    return to_json(fields)[1:-1]
