"""Where records are sent: the upload, and the calls about users."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_clevertap.records.limit_table import DELETES, RECORDS, SUBSCRIPTIONS

if TYPE_CHECKING:
    from target_clevertap.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class RecordEndpoint:
    """One path of the API that takes many records in a request."""

    path: str
    body_start: bytes
    """Before the encoded records, which commas separate."""

    rows: int
    """Records in a request at most, by the API."""

    word: str = ""
    """What its records are, for people; empty where each has a type of its own."""

    is_by_user: bool = False
    """Whether its users are those of uploads, so that only records of theirs have to wait."""

    body_end: bytes = b"]}"

    @property
    def is_call(self) -> bool:
        """Whether it is about users, and not the upload."""
        return self is not UPLOAD

    @property
    def envelope_bytes(self) -> int:
        """Bytes of a body without records."""
        return len(self.body_start) + len(self.body_end)


DELETED = "deletions"
UPLOAD = RecordEndpoint("/1/upload", b'{"d":[', RECORDS.most)
DELETE_IDENTITIES = RecordEndpoint(
    "/1/delete/profiles.json", b'{"identity":[', DELETES.most, DELETED, is_by_user=True
)
DELETE_OBJECT_IDS = RecordEndpoint(
    "/1/delete/profiles.json", b'{"guid":[', DELETES.most, DELETED, is_by_user=True
)
SUBSCRIBE = RecordEndpoint("/1/subscribe", b'{"d":[', SUBSCRIPTIONS.most, "subscriptions")
DISASSOCIATE = RecordEndpoint("/1/disassociate", b'{"d":[', SUBSCRIPTIONS.most, "disassociations")
CALLS = (DELETE_IDENTITIES, DELETE_OBJECT_IDS, SUBSCRIBE, DISASSOCIATE)
"""All but the upload [D:delete-user-profile-api, D:subscribe-api, D:disassociate-api]."""

DELETIONS = {"identity": DELETE_IDENTITIES, "objectId": DELETE_OBJECT_IDS}
"""Where users are deleted, by the type of their key."""

OTHERS = {"subscription": SUBSCRIBE, "disassociate": DISASSOCIATE}


def endpoint_of(rule: Rule | None) -> RecordEndpoint:
    """Return where the records of a rule are sent; those of deleted rows may go elsewhere."""
    if rule is None:
        return UPLOAD
    if rule.type == "delete":
        return DELETIONS[rule.identity_type]
    return OTHERS.get(rule.type, UPLOAD)
