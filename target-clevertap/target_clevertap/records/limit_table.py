"""Every limit of CleverTap's API in one table: checks use its rows, and docs/limits.md shows them.

The sources in brackets are those of the API notes, listed in docs/sources.md.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from target_clevertap.records.record_status import Code


class Beyond(Enum):
    """What happens to what is beyond a limit."""

    REFUSED = "refused before it is sent"
    SENT = "sent: CleverTap decides"
    NEVER = "never reached: the target keeps requests within it"


class Limit(NamedTuple):
    """A limit of the API."""

    name: str
    most: int
    """The loosest that a source gives: what is beyond it CleverTap surely does not take."""

    unit: str
    code: Code
    """What a record beyond it leads to."""

    source: str
    beyond: Beyond = Beyond.REFUSED
    strictest: int | None = None
    """The strictest that a source gives, where they differ: within it CleverTap surely takes it."""

    least: int | None = None
    """The least value, where there is one."""

    @property
    def surely_taken(self) -> int:
        """The most that every source allows."""
        return self.most if self.strictest is None else self.strictest


class WordLimit(NamedTuple):
    """Words or characters that the API does not take."""

    name: str
    words: tuple[str, ...]
    unit: str
    code: Code
    source: str
    beyond: Beyond = Beyond.REFUSED


RECORDS = Limit(
    "records in an upload", 1000, "records", "malformed", "D:upload-events", Beyond.NEVER
)
REQUEST_BYTES = Limit("body of a request", 4_000_000, "bytes", "too_large", "CT")
UPLOADS_IN_FLIGHT = Limit(
    "uploads in flight", 15, "requests", 429, "D:api-request-limit", Beyond.NEVER
)
DELETES = Limit(
    "users in a delete", 100, "users", "malformed", "D:delete-user-profile-api", Beyond.NEVER
)
DELETES_IN_FLIGHT = Limit(
    "deletes in flight", 3, "requests", 429, "D:api-request-limit", Beyond.NEVER
)
SUBSCRIPTIONS = Limit(
    "entries of a subscribe or disassociate",
    1000,
    "entries",
    "malformed",
    "D:subscribe-api",
    Beyond.NEVER,
)
EVENT_TYPES = Limit(
    "event names of an account", 512, "names", "unknown", "D:upload-events", Beyond.SENT
)
EVENT_PROPERTIES = Limit(
    *("properties of an event", 256, "properties", 522),
    source="D:upload-events; 100 in D:upload-events-api, raised for an account on request",
    strictest=100,
)
PROFILE_PROPERTIES = Limit(
    "properties of a profile", 256, "properties", 522, "U:platform-considerations"
)
NAME_CHARACTERS = Limit(
    "name of a property", 120, "characters", "name_forbidden", "U:platform-considerations"
)
VALUE_CHARACTERS = Limit(
    *("text of a property", 1024, "characters", "value_too_long"),
    source="SUR; 512 in D:upload-events and U:platform-considerations",
    strictest=512,
)
LIST_VALUES = Limit(
    *("values of a multi-value property", 100, "values", "none: CleverTap drops the oldest"),
    source="U:platform-considerations",
    beyond=Beyond.SENT,
)
LIST_VALUE_CHARACTERS = Limit(
    *("a value of a multi-value property", 512, "characters", "unknown"),
    source="U:platform-considerations",
    beyond=Beyond.SENT,
)
CHARGED_ITEMS = Limit(
    *("Items of a Charged event", 256, "items", "too_many_items"),
    source="U:platform-considerations; 50 in older SDKs, not confirmed",
    strictest=50,
)
IDENTITY_CHARACTERS = Limit(
    "user key", 1023, "characters", "identity_invalid", "U:imports-via-sftp"
)
SECONDS = Limit(
    *("time of a record", 99_999_999_999, "seconds since 1970", "date_invalid"),
    source="VCR for 0; the year 2286 is the last with ten digits",
    strictest=9_999_999_999,
    least=1,
)
PHONE_DIGITS = Limit(
    "telephone number", 15, "digits, after a +", 516, "E.164; VCR", Beyond.SENT, least=7
)
AGE = Limit("Age of a profile", 120, "years", 520, "D:api-errors", Beyond.SENT, least=1)

FORBIDDEN_IN_NAMES = WordLimit(
    "characters of a property's name",
    tuple("%><!|&.:;$'\"\\"),
    "not allowed",
    "name_forbidden",
    "U:platform-considerations",
)
FORBIDDEN_IN_PROFILE_NAMES = WordLimit(
    "characters of a profile property's name",
    (*FORBIDDEN_IN_NAMES.words, "#"),
    "not allowed",
    "name_forbidden",
    "U:platform-considerations",
)
INVALID_IDENTITIES = WordLimit(
    "user key",
    (
        *("undefined", "null", "na", "n/a", "0", "nil", "-1", "xxxxxx", "none"),
        *("infinity", "-infinity", "inf", "-inf", "nan", "-nan"),
    ),
    "not allowed, in any case",
    "identity_invalid",
    "U:csv-upload",
)
RESERVED_EVENTS = WordLimit(
    "name of an event",
    (
        *("Notification Sent", "Notification Viewed", "Notification Clicked"),
        *("Notification Delivered", "Notification Replied", "UTM Visited", "App Launched"),
        *("App Uninstalled", "App Version Changed", "Stayed", "Reply Sent"),
        *("Experiment Rendered", "Reachable By", "Identity Set", "Identity Reset"),
        "Identity Error",
    ),
    "not allowed: only CleverTap raises them; neither case nor spaces count",
    513,
    "D:upload-events-api",
)
DOUBTFUL_EVENTS = WordLimit(
    "name of an event, by one source",
    ("Web Page Viewed",),
    "not allowed; neither case nor spaces count",
    513,
    "RUD",
    Beyond.SENT,
)
GENDERS = WordLimit(
    "Gender of a profile", ("M", "F"), "only these", 514, "U:user-profiles", Beyond.SENT
)
EMPLOYED = WordLimit("Employed of a profile", ("Y", "N"), "only these", 517, "VCR", Beyond.SENT)
EDUCATION = WordLimit(
    "Education of a profile",
    ("School", "College", "Graduate"),
    "only these",
    518,
    "VCR",
    Beyond.SENT,
)
MARRIED = WordLimit("Married of a profile", ("Y", "N"), "only these", 519, "VCR", Beyond.SENT)

LIMITS = (
    *(RECORDS, REQUEST_BYTES, UPLOADS_IN_FLIGHT, DELETES, DELETES_IN_FLIGHT, SUBSCRIPTIONS),
    *(EVENT_TYPES, EVENT_PROPERTIES, PROFILE_PROPERTIES, NAME_CHARACTERS, VALUE_CHARACTERS),
    *(LIST_VALUES, LIST_VALUE_CHARACTERS, CHARGED_ITEMS, IDENTITY_CHARACTERS, SECONDS),
    *(PHONE_DIGITS, AGE),
)
"""All limits that are numbers, in the order of the document."""

WORD_LIMITS = (
    *(FORBIDDEN_IN_NAMES, FORBIDDEN_IN_PROFILE_NAMES, INVALID_IDENTITIES, RESERVED_EVENTS),
    *(DOUBTFUL_EVENTS, GENDERS, EMPLOYED, EDUCATION, MARRIED),
)
"""All limits that are words or characters, in the order of the document."""
