"""The fields of users, by the shapes of their blocks.

`encode_user_of_blocks` encodes a user of each shape once, with a mark in the place of each value.
Others of that shape are the same bytes with their own values.
"""

from __future__ import annotations

import json
import re
from functools import partial
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import msgspec

from tap_clevertap.files.columns import ALL_IDENTITIES, DEVICE, PROFILE
from tap_clevertap.files.formats.parquet.shapes import BETWEEN, NESTED, NULL, TEXT
from tap_clevertap.files.formats.parquet.users import (
    encode_user_of_blocks,
    field_name,
    items_of,
)
from tap_clevertap.records.events import KEYS_OF_USER
from tap_clevertap.records.exact_json import exact_number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tap_clevertap.records.blocks import Encoded
    from tap_clevertap.records.rows import Record

Values: TypeAlias = "list[bytes]"
Plan: TypeAlias = "Callable[[Values], Encoded]"

MOST_PLANS = 4_000
"""Of 2 kB each."""
MARK, END_OF_MARK = "\ue000", "\ue001"
"""Around the number of a value."""
BLOCKS_OF_USER = 2
"""Identity and profile are the first of the blocks."""
ENCODED_WHOLE = (frozenset(KEYS_OF_USER) | {DEVICE, PROFILE}) - {ALL_IDENTITIES}
"""Members that are encoded in another way when they are objects or lists."""

_between = BETWEEN.encode()
_decode = msgspec.json.Decoder(float_hook=exact_number).decode
_marks = re.compile(f'("?){MARK}([0-9]+){END_OF_MARK}("?)'.encode())


class UserEncoder:
    """Encodes users, and keeps what it knows of their shapes."""

    def __init__(self) -> None:
        self._plans: dict[bytes, Plan] = {}

    def encode(
        self, shapes: Iterable[bytes], places: Iterable[int], values: Iterable[bytes]
    ) -> list[Encoded]:
        """Return object id and fields of each user, as `encode_file_user` does.

        Args:
            shapes: Of identity, profile, device and others; see `shapes.ShapedRows`.
            places: Which of them each user has.
            values: Of each.
        """
        plans = [self._plans.get(each) or self._plan(each) for each in shapes]
        return [
            plans[place](each.split(_between)) for place, each in zip(places, values, strict=True)
        ]

    def _plan(self, shape: bytes) -> Plan:
        if len(self._plans) >= MOST_PLANS:
            self._plans.clear()
        plan = self._plans[shape] = _plan(shape)
        return plan


class _Member(NamedTuple):
    block: int
    name: str
    kind: int

    @property
    def field(self) -> str:
        """Its name in the API."""
        return field_name(self.name) if self.block < BLOCKS_OF_USER else self.name

    @property
    def is_list(self) -> bool:
        """Whether it has all identities of the user."""
        return self.block < BLOCKS_OF_USER and self.name == ALL_IDENTITIES


def _plan(shape: bytes) -> Plan:
    blocks = shape.split(_between)
    members = [
        _Member(block, name, kind)
        for block, sent in enumerate(blocks)
        for name, kind in json.loads(sent, object_pairs_hook=list)
    ]
    slowly = partial(_encode, members, len(blocks))
    first = _first_of_equals(members)
    lists = {place for place, each in zip(first, members, strict=True) if each.is_list}
    is_also_whole = any(
        place in lists and not each.is_list for place, each in zip(first, members, strict=True)
    )
    if len(lists) > 1 or is_also_whole or any(map(_is_encoded_whole, members)):
        return slowly
    if MARK.encode() in shape:
        return slowly
    marks = [_mark(member, place) for member, place in zip(members, first, strict=True)]
    marked = encode_user_of_blocks(*_blocks(members, marks, len(blocks)))
    object_id, fields = (_filled(each, members) for each in marked)
    equals = [(place, other) for other, place in enumerate(first) if place != other]

    def encode(values: Values) -> Encoded:
        for place, other in equals:
            if values[place] != values[other]:
                return slowly(values)
        for place in lists:
            values[place] = items_of(values[place])
        return object_id(values), fields(values)

    return encode


def _is_encoded_whole(member: _Member) -> bool:
    return member.kind == NESTED and member.field in ENCODED_WHOLE


def _encode(members: Sequence[_Member], count: int, values: Values) -> Encoded:
    """Encode a user without a plan."""
    decoded = [_decode(each) for each in values] if members else []
    return encode_user_of_blocks(*_blocks(members, decoded, count))


def _blocks(members: Sequence[_Member], values: Sequence[Any], count: int) -> list[Record]:
    blocks: list[Record] = [{} for _ in range(count)]
    for member, value in zip(members, values, strict=True):
        blocks[member.block][member.name] = value
    return blocks


def _first_of_equals(members: Sequence[_Member]) -> list[int]:
    """Return for each member the first that must have its value, so that both are one."""
    found: dict[tuple[str, int], int] = {}
    return [found.setdefault((each.field, each.kind), place) for place, each in enumerate(members)]


def _mark(member: _Member, place: int) -> Any:  # noqa: ANN401 - any JSON value
    mark = f"{MARK}{place}{END_OF_MARK}"
    if member.kind == NULL:
        return None
    if member.kind == TEXT or member.is_list:
        return mark
    return msgspec.Raw(mark.encode())


def _filled(marked: bytes, members: Sequence[_Member]) -> Callable[[Values], bytes]:
    """Return what puts values in the places of their marks."""
    places: list[int] = []

    def part(mark: re.Match[bytes]) -> bytes:
        place = int(mark[2])
        places.append(place)
        has_quotes = members[place].kind == TEXT or members[place].is_list
        return b"%b" if has_quotes else mark[1] + b"%b" + mark[3]

    template = _marks.sub(part, marked.replace(b"%", b"%%"))
    if template == b"%b":
        return itemgetter(places[0])
    if not places:
        return lambda _: marked
    if len(places) == 1:
        return lambda values: template % values[places[0]]
    pick = itemgetter(*places)
    return lambda values: template % pick(values)
