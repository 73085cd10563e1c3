"""Changes of what getSchema declares: drift, and events that are renamed, discarded, left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from clevertap_emulator.api.parsing import JSON_ERRORS
from clevertap_emulator.shown import shown

if TYPE_CHECKING:
    from clevertap_emulator.data.catalogue import EventNames
    from clevertap_emulator.data.declarations import Declarations
    from clevertap_emulator.data.store import EventStore

Name = Annotated[str, msgspec.Meta(min_length=1)]


class SchemaChangeError(ValueError):
    """The posted change is not valid."""


class SchemaChange(msgspec.Struct, forbid_unknown_fields=True):
    """A change of the schema as posted; the keys before `user_properties` need `event_name`.

    Attributes:
        properties: Type of each property that is declared from now on; None for those that are not.
        left_out: How many of the next responses lack the event.
        discarded: Whether it is discarded.
        renamed: Its new name, under which its history is found from now on.
        user_properties: As `properties`, for users.
    """

    event_name: Name | None = None
    properties: dict[Name, Name | None] = {}
    left_out: Annotated[int, msgspec.Meta(ge=0)] | None = None
    discarded: bool | None = None
    renamed: Name | None = None
    user_properties: dict[Name, Name | None] = {}


class SchemaChanger:
    """Applies changes to names and declarations."""

    def __init__(self, names: EventNames, store: EventStore, declarations: Declarations) -> None:
        self._names = names
        self._store = store
        self._declarations = declarations

    def change(self, body: bytes) -> None:
        """Apply a change.

        Raises:
            SchemaChangeError: It is not a change, or of an unknown event.
        """
        try:
            change = msgspec.json.decode(body, type=SchemaChange)
        except JSON_ERRORS as error:
            raise SchemaChangeError(str(error)) from error
        self._declarations.change_users(change.user_properties)
        if change.event_name is None:
            if change != SchemaChange(user_properties=change.user_properties):
                message = "event_name: it is missing; name the event that changes"
                raise SchemaChangeError(message)
            return
        if not self._names.known(change.event_name):
            message = f"event_name: {shown(change.event_name)} is unknown; use a name of getSchema"
            raise SchemaChangeError(message)
        self._change_event(change.event_name, change)

    def _change_event(self, name: str, change: SchemaChange) -> None:
        if change.renamed is not None and not self._names.is_free(change.renamed, name):
            message = f"renamed: {shown(change.renamed)} is another event; use a new name"
            raise SchemaChangeError(message)
        self._declarations.change(name, change.properties)
        if change.left_out is not None:
            self._declarations.leave_out(name, change.left_out)
        if change.discarded is not None:
            self._names.discard(name, discarded=change.discarded)
        if change.renamed is not None:
            self._names.rename(name, change.renamed)
            self._store.rename(name, change.renamed)
            self._declarations.rename(name, change.renamed)
