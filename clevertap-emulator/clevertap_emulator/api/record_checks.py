"""The per-record checks of an upload: each code of CleverTap's table and its text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from clevertap_emulator.api.parsing import parse_whole
from clevertap_emulator.api.property_limits import event_limit_code, profile_limit_code
from clevertap_emulator.data.catalogue import folded
from clevertap_emulator.data.operators import OPERATORS, is_wrong_increment

if TYPE_CHECKING:
    from collections.abc import Callable

    from clevertap_emulator.data.catalogue import EventNames
    from clevertap_emulator.settings import Settings

USER_KEYS = ("identity", "objectId", "FBID", "GPID")
KEY_LENGTH = 1024
# [U:csv-upload FAQ]
_PLACEHOLDER_WORDS = ("undefined", "null", "none", "na", "n/a", "nil", "0", "-1", "xxxxxx")
_PLACEHOLDER_NUMBERS = ("infinity", "-infinity", "inf", "-inf", "nan", "-nan")
PLACEHOLDER_IDENTITIES = frozenset([*_PLACEHOLDER_WORDS, *_PLACEHOLDER_NUMBERS])
# Seconds up to the year 2286: milliseconds are not accepted.
LAST_EPOCH = 9_999_999_999
MAX_AGE = 120
TOKEN_PREFIXES = {"apns": "-", "fcm": "__", "gcm": "__", "wns": "~", "mpns": "~", "chrome": ""}
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_PHONE = re.compile(r"\+\d{7,15}", re.ASCII)
_OBJECT_ID = re.compile(r"[\w~:.@-]{1,1023}", re.ASCII)

ERROR_TEXTS = {
    509: "Event Name is incorrect. ErrorCode: 509 - Event name is mandatory. ",
    512: "Event data is incorrect. ErrorCode: 512 - Event structure is not valid. ",
    513: "Event Name is incorrect. ErrorCode: 513 - Trying to raise a restricted system event. ",
    514: "Profile data is incorrect. Gender is not valid.",
    515: "Profile data is incorrect. Email is not valid.",
    516: "Profile data is incorrect. Phone number is not valid.",
    517: "Profile data is incorrect. Employed needs to be Y/N.",
    518: "Profile data is incorrect. Education needs to be School/College/Graduate.",
    519: "Profile data is incorrect. Married needs to be Y/N.",
    520: "Profile data is incorrect. Age is invalid.",
    522: "Event data is incorrect. ErrorCode: 522 - Too many event properties. ",
    523: "Identity is mandatory. ",
    524: "Type should be either event or profile. ",
    525: "Timestamp should be present in the Unix Epoch format. ",
    526: "Object Id is not valid. ",
    528: "Event Name is incorrect. ErrorCode: 528 - Event is discarded. ",
    530: "Token data is incorrect. Object Id is not valid. ",
    531: "Token data is incorrect. tokenData is not valid. ",
    532: "Token data is incorrect. Token id is mandatory. ",
    533: "Token data is incorrect. Token type is mandatory. ",
    534: "Token data is incorrect. Token type does not fit the Object Id. ",
    535: "Token data is incorrect. Token data is not valid. ",
    555: "Something went wrong. Please try again later. ",
}


@dataclass(frozen=True)
class UserKey:
    """The user of a record: `identity`, `objectId`, `FBID` or `GPID`, and its value."""

    kind: str
    value: str


def error_text(code: int, number: int | None) -> str:
    """Return the text of a code, with the record's number from 1 unless it is None."""
    text = ERROR_TEXTS.get(code, "Record is incorrect. ")
    return text.rstrip() if number is None else f"{text}Skipped record number : {number}"


def user_key(record: dict[str, Any]) -> UserKey | None:
    """Return the user of a record; None if it has no valid key."""
    for kind in USER_KEYS:
        value = record.get(kind)
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            continue
        written = str(value).strip()
        if (
            written
            and written.casefold() not in PLACEHOLDER_IDENTITIES
            and len(written) < KEY_LENGTH
        ):
            return UserKey(kind, written)
    return None


def is_user(value: object) -> bool:
    """Return whether a value is a valid identity."""
    return user_key({"identity": value}) is not None


def is_object_id(value: object) -> bool:
    """Return whether a value is a valid CleverTap ID."""
    return isinstance(value, str) and bool(_OBJECT_ID.fullmatch(value))


def is_email(value: object) -> bool:
    """Return whether a value is an e-mail address."""
    return isinstance(value, str) and bool(_EMAIL.fullmatch(value))


def is_phone(value: object) -> bool:
    """Return whether a value is a telephone number with its country."""
    return isinstance(value, str) and bool(_PHONE.fullmatch(value))


class RecordChecker:
    """Checks records as CleverTap's documentation describes."""

    def __init__(self, settings: Settings, names: EventNames) -> None:
        self._settings = settings
        self._names = names
        self._checks: dict[object, Callable[[dict[str, Any]], int | None]] = {
            "event": self._check_event,
            "profile": self._check_profile,
            "token": _check_token,
        }

    def error_code(self, record: object) -> int | None:
        """Return the code of the first error in a record; None if it is valid."""
        if not isinstance(record, dict):
            return 524
        kind = record.get("type")
        check = self._checks.get(kind) if isinstance(kind, str) else None
        return 524 if check is None else check(record)

    def _check_event(self, record: dict[str, Any]) -> int | None:
        name = record.get("evtName")
        if not isinstance(name, str) or not name.strip():
            return 509
        plain = folded(name)
        if plain in self._names.restricted:
            return 513
        if plain in self._names.discarded:
            return 528
        return _check_user_and_time(record) or self._check_event_data(record.get("evtData"))

    def _check_event_data(self, properties: object) -> int | None:
        if properties is None:
            return None
        if not isinstance(properties, dict):
            return 512
        if len(properties) > self._settings.max_event_properties:
            return 522
        if self._settings.property_limits and (code := event_limit_code(properties)):
            return code
        return next(
            (512 for name, value in properties.items() if not self._is_valid_property(name, value)),
            None,
        )

    def _is_valid_property(self, name: str, value: object) -> bool:
        """Return whether an event may have this property."""
        if isinstance(value, str):
            return len(value) <= self._settings.max_value_length
        if not isinstance(value, (dict, list)):
            return True
        if name == "Items":
            return self._are_valid_items(value)
        return self._settings.nested_objects

    def _are_valid_items(self, items: dict[str, Any] | list[Any]) -> bool:
        """Return whether `Items` of Charged is a list of flat objects [RUD], not too long."""
        return (
            isinstance(items, list)
            and len(items) <= self._settings.max_charged_items
            and all(
                isinstance(item, dict)
                and not any(isinstance(value, (dict, list)) for value in item.values())
                for item in items
            )
        )

    def _check_profile(self, record: dict[str, Any]) -> int | None:
        code = _check_user_and_time(record)
        properties = record.get("profileData")
        if code is not None or properties is None:
            return code
        if not isinstance(properties, dict):
            return 512
        if self._settings.property_limits:
            code = profile_limit_code(properties, self._settings.max_value_length)
            if code is not None:
                return code
        if any(map(is_wrong_increment, properties.values())):
            return 512
        codes = (_profile_code(folded(name), value) for name, value in properties.items())
        return next((code for code in codes if code is not None), None)


def _check_user_and_time(record: dict[str, Any]) -> int | None:
    key = user_key(record)
    if key is None:
        return 523
    if key.kind == "objectId" and not _OBJECT_ID.fullmatch(key.value):
        return 526
    if "ts" in record and record["ts"] is not None:
        moment = record["ts"]
        if type(moment) is not int or not 0 < moment <= LAST_EPOCH:
            return 525
    return None


def _profile_code(name: str, value: object) -> int | None:
    check = _PROFILE_CHECKS.get(name)
    if check is None or value is None or value == "":
        return None
    if isinstance(value, dict) and OPERATORS.issuperset(value):
        return None
    code, valid = check
    return None if valid(value) else code


def _choice(*choices: str) -> Callable[[Any], bool]:
    return lambda value: value in choices


def _age(value: object) -> bool:
    age = None if isinstance(value, bool) else parse_whole(str(value))
    return age is not None and 0 < age <= MAX_AGE


_PROFILE_CHECKS: dict[str, tuple[int, Callable[[Any], bool]]] = {
    "gender": (514, _choice("M", "F")),
    "email": (515, is_email),
    "phone": (516, is_phone),
    "employed": (517, _choice("Y", "N")),
    "education": (518, _choice("School", "College", "Graduate")),
    "married": (519, _choice("Y", "N")),
    "age": (520, _age),
}


def _check_token(record: dict[str, Any]) -> int | None:
    object_id, token = record.get("objectId"), record.get("tokenData")
    if not isinstance(object_id, str) or not is_object_id(object_id):
        return 530
    if not isinstance(token, dict):
        return 531
    if not token.get("id"):
        return 532
    if not token.get("type"):
        return 533
    return _check_token_type(object_id, token)


def _check_token_type(object_id: str, token: dict[str, Any]) -> int | None:
    prefix = TOKEN_PREFIXES.get(str(token["type"]))
    if prefix is None or not isinstance(token["id"], str):
        return 535
    marked = object_id.startswith(("__", "-", "~"))
    if not object_id.startswith(prefix) or (not prefix and marked):
        return 534
    keys = token.get("keys")
    return 535 if token["type"] == "chrome" and not isinstance(keys, dict) else None
