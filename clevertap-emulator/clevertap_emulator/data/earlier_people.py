"""Earlier states of users: an open export selects its rows by the users at its opening."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clevertap_emulator.data.person import Person

NO_VERSION = -1


class EarlierPeople:
    """The states that users had at the versions that are kept, where they changed since."""

    def __init__(self) -> None:
        self._newest = NO_VERSION
        self._ended: dict[int, list[tuple[int, Person]]] = {}

    def keep(self, version: int) -> None:
        """Keep the users of this version, the present one, from now on."""
        self._newest = version

    def end(self, person: Person, version: int) -> None:
        """Note a state that ends after this version; only what a kept version has is stored."""
        states = self._ended.get(person.number, [])
        began_after = states[-1][0] if states else NO_VERSION
        if began_after < self._newest:
            self._ended[person.number] = [*states, (version, person)]

    def find(self, number: int, version: int) -> Person | None:
        """Return a user at a kept version; None if it has not changed since."""
        states = self._ended.get(number, ())
        return next((person for ended, person in states if version <= ended), None)
