"""Types of the usual rows of a file, made of the names in them.

Such a type decodes fast, and encodes as records have it. A row with another name, or with a value
of another type, does not decode.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, defstruct

from tap_clevertap.files.columns import ALL_IDENTITIES
from tap_clevertap.files.formats.json_names import (
    FIELDS,
    MOST_NAMES,
    PROFILE_DATA,
    TEXTS,
)
from tap_clevertap.files.formats.json_rows import PROPS, SESSIONS
from tap_clevertap.records.events import KEYS_OF_USER
from tap_clevertap.records.exact_json import encode_json
from tap_clevertap.records.keys import NULL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tap_clevertap.files.formats.json_names import NamesOfRows

    Field: TypeAlias = tuple[str, str, Any, Any]
    """Its attribute, the name in JSON, its type, and its default value."""

KNOWN_SHAPES = 32
ABSENT = Raw(NULL)
FIELDS_OF_USER = KEYS_OF_USER[:8]
"""Those of the profile block that have a field of their own in a record."""
TYPES: dict[str, Any] = {
    **dict.fromkeys(TEXTS, str | None),
    ALL_IDENTITIES: list[str | None] | None,
    PROFILE_DATA: dict[str, Any] | None,
}
"""Of the fields of a user that have usual values."""


class RowShape:
    """Types for rows that have these names.

    Attributes:
        decode_lines: Returns the rows of some lines. Such a row has the attributes `ts`, `name`,
            `profile`, `device`, `props` and `session`.
        decode_raw_lines: Returns them with the blocks of the user as they were sent.
        blocks: Returns these blocks, in a row of an array.
        decode_users: Returns the blocks of the users in such arrays, one in each line.
        moved: Attributes of `profile` whose values become members of `app`, under the same.
        added: Attributes of the row that do.
        loose: Positions in `KEYS_OF_USER` of fields that are not always text.
        app: The type of `device`, which becomes `app`.
        nobody, empty_app: A profile block and an `app` without members.
    """

    def __init__(self, names: NamesOfRows) -> None:
        device = _free(names.device, {*FIELDS, "deviceInfo"})
        user = _free(names.user, {*names.device, "deviceInfo"})
        others = _free(names.row, {*names.device, *names.user})
        self.loose = [KEYS_OF_USER.index(name) for name in names.loose]
        self.moved = [f"user_{number}" for number in range(len(user))]
        self.added = [f"other_{number}" for number in range(len(others))]
        moved = [*zip(self.moved, user, strict=True)]
        added = [*zip(self.added, others, strict=True)]
        self.app = _type(
            *((attribute, name, UnsetType, UNSET) for attribute, name in moved),
            *((f"device_{number}", name, Any, UNSET) for number, name in enumerate(device)),
            *((attribute, name, UnsetType, UNSET) for attribute, name in added),
        )
        profile = _type(
            *((name, name, _type_of(name, names), None) for name in FIELDS_OF_USER),
            *((attribute, name, Any, UNSET) for attribute, name in moved),
        )
        self.nobody, self.empty_app = profile(), self.app()
        blocks = [
            ("profile", "profile", profile | None, None),
            ("device", "deviceInfo", self.app | None, None),
            *((attribute, name, Any, None) for attribute, name in added),
        ]
        raw_blocks = [(attribute, name, Raw, ABSENT) for attribute, name, _, _ in blocks]
        rest = _fields_of_row(names)
        apart = {"apart": Raw(encode_json(others))}
        self.decode_lines = _decoder(_type(*rest, *blocks))
        self.decode_raw_lines = _decoder(_type(*rest, *raw_blocks, namespace=apart))
        self.blocks = attrgetter("apart", *(attribute for attribute, _, _, _ in blocks))
        block_list = _type(("apart", "apart", Raw, ABSENT), *blocks, array_like=True)
        self.decode_users = _decoder(block_list)


shape_of = lru_cache(KNOWN_SHAPES)(RowShape)
"""Returns the shape of rows with these names; most files of an event have the same ones."""


def _free(names: Sequence[str], taken: Iterable[str]) -> list[str]:
    """Return the names that mean one thing only."""
    without = {*taken}
    return [name for name in names if name not in without and _is_plain(name)][:MOST_NAMES]


def _is_plain(name: str) -> bool:
    """Whether a name is written without escapes; a member of a type has no other."""
    return encode_json(name) == b'"%b"' % name.encode()


def _type(
    *fields: Field, array_like: bool = False, namespace: dict[str, Any] | None = None
) -> type[Struct]:
    return defstruct(
        "Common",
        [(attribute, kind, default) for attribute, _, kind, default in fields],
        rename={attribute: name for attribute, name, _, _ in fields},
        forbid_unknown_fields=True,
        gc=False,
        array_like=array_like,
        namespace=namespace,
    )


def _decoder(kind: type[Struct]) -> Callable[[bytes], list[Any]]:
    return msgspec.json.Decoder(kind, float_hook=Decimal).decode_lines


def _fields_of_row(names: NamesOfRows) -> list[Field]:
    """Return the fields of a row next to the blocks of its user."""
    props, session = (_used(each, names.spellings) for each in (PROPS, SESSIONS))
    return [
        ("ts", "ts", Raw, msgspec.NODEFAULT),
        ("name", "eventName", str | None, None),
        ("props", props, _props_type(names.props), None),
        ("session", session, Raw, ABSENT),
    ]


def _type_of(name: str, names: NamesOfRows) -> Any:  # noqa: ANN401 - a type
    if name in names.loose:
        return Any
    return TYPES.get(name, Any)


def _props_type(names: Sequence[str]) -> Any:  # noqa: ANN401 - a type
    """Return the type of properties, in the order of canonical JSON."""
    if len(names) > MOST_NAMES or not all(map(_is_plain, names)):
        return dict[str, Any] | None
    fields = [(f"prop_{number}", name, Any, UNSET) for number, name in enumerate(sorted(names))]
    return _type(*fields) | None


def _used(spellings: tuple[str, str], seen: Sequence[str]) -> str:
    return next((name for name in seen if name in spellings), spellings[0])
