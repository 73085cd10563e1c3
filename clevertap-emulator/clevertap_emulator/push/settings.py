"""The settings of pushing: one frozen value, read by all parts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class PushKind(str, Enum):
    """What sends the messages."""

    WEBHOOK = "webhook"
    EVENTBRIDGE = "eventbridge"


class PushContent(str, Enum):
    """What a message holds; EventBridge wraps all but texts and tests."""

    MIXED = "mixed"
    LIST = "list"
    """A broadcast: `profiles` is a list."""
    OBJECT = "object"
    """Personalised content: `profiles` is an object."""
    CUSTOM = "custom"
    TEXT = "text"
    TEST = "test"
    EVENT = "event"
    """An event as export files have it: of EventBridge only."""


class Spelling(str, Enum):
    """The names in a profile: the official pages have three [U:webhooks, U:setup-webhooks, OLD]."""

    MIXED = "mixed"
    CAMEL = "camel"
    CAPITALISED = "capitalised"
    LOWER = "lower"


class PushMethod(str, Enum):
    """The HTTP method of a webhook that has a body."""

    POST = "POST"
    PUT = "PUT"


@dataclass(frozen=True)
class PushSettings:
    """All settings of pushing; those of people and events are in `Settings`."""

    kind: PushKind = PushKind.WEBHOOK
    content: PushContent = PushContent.MIXED
    spelling: Spelling = Spelling.MIXED
    profiles: int = 5
    messages: int = 100
    first: int = 1
    rate: float = 10.0
    connections: int = 4
    timeout: float = 5.0
    retries: int = 2
    retry_seconds: float = 15.0
    lose_one_in: int = 0
    method: PushMethod = PushMethod.POST
    username: str = ""
    password: str = ""
    token: str = ""
    header: tuple[str, ...] = ()
    truth_bodies: bool = True
