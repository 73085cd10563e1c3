"""The users of the usual rows of files, encoded together."""

from __future__ import annotations

from io import BytesIO
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from msgspec import UNSET

from tap_clevertap.records.blocks import BlockCache
from tap_clevertap.records.encoder import USER_BYTES
from tap_clevertap.records.events import UserFields
from tap_clevertap.records.exact_json import canonical_lines, encode_json_lines, lines_in
from tap_clevertap.records.values import as_object, as_text, as_texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tap_clevertap.files.formats.json_shapes import RowShape
    from tap_clevertap.records.blocks import Encoded

CONVERTERS: tuple[Callable[[Any], Any], ...] = (
    *(as_text, as_text, as_texts, as_text, as_text, as_text, as_text, as_object),
)
"""Of the first fields in `KEYS_OF_USER`."""
MOST_MISSES = 0.5
"""Of the users of some rows. To find the others again then takes longer than to encode all."""
UNASKED = 32
"""Times that rows are decoded with their users, after so many misses."""


class KnownUsers:
    """Keeps the encoded users of rows, as long as rows repeat them.

    - One thread uses it; it raises `UNCOMMON` for a row that is not usual.
    - Of many users, few are found again before they are forgotten. All are decoded then.

    Args:
        most_bytes: Of all users that are kept.
    """

    def __init__(self, most_bytes: int = USER_BYTES) -> None:
        self._known = BlockCache(most_bytes)
        self._unasked = 0

    def decoded(self, content: bytes, shape: RowShape) -> tuple[list[Any], list[Encoded]]:
        """Return the rows of some lines, and the user of each."""
        if self._unasked:
            self._unasked -= 1
            rows = shape.decode_lines(content)
            return rows, encoded_users(rows, shape)
        rows = shape.decode_raw_lines(content)
        join = b",".join
        return rows, self._found([join(blocks) for blocks in map(shape.blocks, rows)], shape)

    def _found(self, sent: Sequence[bytes], shape: RowShape) -> list[Encoded]:
        found = [*map(self._known.get, sent)]
        missing = dict.fromkeys(
            blocks for blocks, user in zip(sent, found, strict=True) if user is None
        )
        rows = shape.decode_users(b"".join([b"[%b]\n" % blocks for blocks in missing]))
        new = dict(zip(missing, encoded_users(rows, shape), strict=True))
        for blocks, user in new.items():
            self._known.keep(blocks, user)
        if self._known.forgotten and len(missing) > MOST_MISSES * len(sent):
            self._unasked = UNASKED
        return [user or new[blocks] for blocks, user in zip(sent, found, strict=True)]


def encoded_users(rows: Sequence[Any], shape: RowShape) -> list[Encoded]:
    """Return the user of each row, which has the blocks `profile` and `device`, decoded."""
    profiles: list[Any] = [row.profile or shape.nobody for row in rows]
    apps = [row.device or shape.app() for row in rows]
    for attribute in shape.moved:
        _move(map(attrgetter(attribute), profiles), apps, attribute, absent=UNSET)
    for attribute in shape.added:
        _move(map(attrgetter(attribute), rows), apps, attribute, absent=None)
    columns: list[Sequence[Any]] = [
        [profile.objectId for profile in profiles],
        [profile.identity for profile in profiles],
        [profile.all_identities for profile in profiles],
        [profile.name for profile in profiles],
        [profile.email for profile in profiles],
        [profile.phone for profile in profiles],
        [profile.platform for profile in profiles],
        [profile.profileData for profile in profiles],
    ]
    object_ids = lines_in(canonical_lines(columns[0]))
    for position in shape.loose:
        columns[position] = [*map(CONVERTERS[position], columns[position])]
    if shape.empty_app in apps:
        apps = [None if app == shape.empty_app else app for app in apps]
    encoded = BytesIO(encode_json_lines([*map(UserFields, *columns, apps)]))
    return [*zip(object_ids, [line[1:-2] for line in encoded], strict=True)]


def _move(values: Iterable[Any], apps: Sequence[Any], attribute: str, *, absent: object) -> None:
    for app, value in zip(apps, values, strict=True):
        if value is not absent:
            setattr(app, attribute, value)
