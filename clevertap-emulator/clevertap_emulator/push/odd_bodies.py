"""Bodies that are unusual, of `--odd-values`; each is another one by its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clevertap_emulator.data.events import to_json
from clevertap_emulator.push.bodies import JSON, LATIN, TEXT, PushBody, documented_body

if TYPE_CHECKING:
    from collections.abc import Callable

    from clevertap_emulator.push.bodies import PushDraft


def odd_body(draft: PushDraft) -> PushBody:
    """Return one of them, in turn by the number of the message."""
    return ODD[draft.number // ODD_ONE_IN % len(ODD)](draft)


def _without_last_brace(draft: PushDraft) -> PushBody:
    """Return what the printed sample of a personalised body is [U:create-message-webhook]."""
    whole = documented_body(draft, is_list=False)
    return whole._replace(content=whole.content[:-1], profiles=0)


def _no_profiles(draft: PushDraft) -> PushBody:
    message = {"targetId": draft.target_id, "key_values": draft.key_values, "profiles": []}
    return PushBody(JSON, to_json(message), 0)


def _odd_profiles(draft: PushDraft) -> PushBody:
    profiles = [None, "user", 7, {}, {"identity": draft.number, "profileData": None}]
    message = {"targetId": str(draft.target_id), "key_values": None, "profiles": profiles}
    return PushBody(JSON, to_json(message), len(profiles))


def _other_names(draft: PushDraft) -> PushBody:
    profile = {
        "IDENTITY": f"user-{draft.number}",
        "object_id": "__g1",
        "Event_Properties": {"Amount": 1, "amount": "1.10"},
        "profileDATA": {"a.b": None},
    }
    message = {"TargetID": draft.target_id, "Key_Values": draft.key_values, "Profiles": [profile]}
    return PushBody(JSON, to_json(message), 1)


def _numbers(draft: PushDraft) -> PushBody:
    text = (
        '{"targetId":12345678901234567890123,"key_values":{"message":"%d"},"profiles":'
        '{"identity":"n","event_properties":{"Exact":1.10,"Large":9007199254740993,"Tiny":1e-400}}}'
    )
    return PushBody(JSON, (text % draft.number).encode(), 1)


def _repeated_names(draft: PushDraft) -> PushBody:
    text = '{"targetId":1,"targetId":%d,"profiles":[],"profiles":[{"identity":"a","identity":"b"}]}'
    return PushBody(JSON, (text % draft.number).encode(), 1)


def _half_character(draft: PushDraft) -> PushBody:
    text = '{"targetId":%d,"profiles":[{"identity":"half \\ud83d","profileData":{"\\u0000":1}}]}'
    return PushBody(JSON, (text % draft.number).encode(), 1)


ODD_ONE_IN = 3
ODD: tuple[Callable[[PushDraft], PushBody], ...] = (
    _without_last_brace,
    _no_profiles,
    _odd_profiles,
    _other_names,
    _numbers,
    _repeated_names,
    _half_character,
    lambda draft: PushBody(JSON, b"%d" % draft.number, 0),
    lambda draft: PushBody(JSON, b'"text %d"' % draft.number, 0),
    lambda draft: PushBody(JSON, b"[%d, null]" % draft.number, 0),
    lambda draft: PushBody(TEXT, b" \r\n\t%d" % draft.number, 0),
    lambda draft: PushBody(LATIN, f"Grüße {draft.number}".encode("latin-1"), 0),
    lambda draft: PushBody(LATIN, b"\x00\xff%d\xfe" % draft.number, 0),
    lambda draft: PushBody(TEXT, f"\ufeffbyte order {draft.number}\u2028".encode(), 0),
    lambda draft: PushBody(JSON, b"[" * 2_000 + b"%d" % draft.number + b"]" * 2_000, 0),
    lambda draft: PushBody(TEXT, f"long {draft.number} ".encode() * 20_000, 0),
)
