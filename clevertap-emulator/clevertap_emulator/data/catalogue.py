"""The catalogue of event names: frequency and properties of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from clevertap_emulator.data.property_types import (
    BOOLEAN,
    DATE,
    FLOAT,
    INTEGER,
    LIST,
    NUMBER,
    STRING,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from random import Random

CITIES = ("Mumbai", "São Paulo", "København", "東京", "Apia", "Zürich", "दिल्ली", "Łódź")
GOODS = ("Filter coffee", "चाय", "Crème brûlée", "Green tea", "ラーメン", "Ünlü simit")
SCREENS = ("Home", "Search", "Product detail", "Cart & checkout", "Profil öffnen")
BOOLEANS = (True, False)
CURRENCIES = ("INR", "EUR", "BRL", "USD")


UNIQUE_TYPES = {"CT Session Id": INTEGER, "Charged ID": INTEGER}
"""The types of the properties that `EventKind.unique` may name."""


class TypedProperty(NamedTuple):
    """The declared type of a property, and the generator of its values; some may not fit."""

    type: str
    draw: Callable[[Random], Any]


@dataclass(frozen=True)
class EventKind:
    """One event name, its share of all events, and its properties.

    `templates` is how many different events are drawn, but for their time, user and unique
    property. `everyone`: each user has exactly one.
    """

    name: str
    weight: float
    properties: dict[str, TypedProperty]
    system: bool = False
    session: bool = False
    unique: str | None = "CT Session Id"
    templates: int = 300
    everyone: bool = False


def one_of(*values: object, declared: str = STRING) -> TypedProperty:
    """Return a property that has one of these values."""
    return TypedProperty(declared, lambda rng: rng.choice(values))


def whole_number(low: int, high: int) -> TypedProperty:
    """Return a property that has an integer, both ends included."""
    return TypedProperty(INTEGER, lambda rng: rng.randint(low, high))


def _decimal(low: float, high: float, declared: str = FLOAT) -> TypedProperty:
    return TypedProperty(declared, lambda rng: round(rng.uniform(low, high), 2))


def _draw_items(rng: Random) -> list[dict[str, Any]]:
    return [
        {"Category": rng.choice(SCREENS), "Product": rng.choice(GOODS), "Quantity": quantity}
        for quantity in range(1, rng.randint(2, 4))
    ]


def _draw_date(rng: Random) -> str:
    return f"$D_{rng.randint(1_500_000_000, 1_700_000_000)}"


_DATE = TypedProperty(DATE, _draw_date)
_ITEMS = TypedProperty(LIST, _draw_items)


# One property with several types, as real exports have it [U: samples].
_APP_VERSION = one_of("2.30.1", 6.55, "6.55", 7)
_APP = {
    "CT App Version": _APP_VERSION,
    "CT Source": one_of("Mobile", "MobileWeb", "Web", "System"),
    "CT SDK Version": whole_number(30_000, 70_000),
    "CT Connected To WiFi": one_of("true", "false", *BOOLEANS, declared=BOOLEAN),
    "CT Latitude": _decimal(-60, 60),
}
_CAMPAIGN = {
    "wzrk_id": whole_number(1_600_000_000, 1_700_000_000),
    "Campaign id": whole_number(2**53 + 1, 2**62),
    "Campaign name": one_of("Diwali: früher access", "Weekly digest", "Verão"),
}

CATALOGUE: tuple[EventKind, ...] = (
    EventKind("App Launched", 26, _APP, system=True, session=True),
    EventKind(
        "Product Viewed",
        20,
        {
            "Product": one_of(*GOODS),
            "Price": _decimal(1, 900),
            "SKU": whole_number(2**53 + 1, 2**62),
            "Screen": one_of(*SCREENS),
            "Delivery By": _DATE,
        },
    ),
    EventKind(
        "Charged",
        7,
        {
            "Amount": _decimal(4.5, 900, NUMBER),
            "Score": one_of(300, 59.99, "300", 0.1, 1e21, 12_345_678.9, declared=NUMBER),
            "Currency": one_of(*CURRENCIES),
            "Payment mode": one_of("Credit Card", "UPI", "PIX"),
            "Items": _ITEMS,
        },
        unique="Charged ID",
    ),
    EventKind(
        "Added To Cart",
        9,
        {"Product": one_of(*GOODS), "Quantity": one_of(1, 2, "3", declared=INTEGER)},
    ),
    EventKind("Search", 8, {"Query": one_of(*GOODS), "Results": whole_number(0, 400)}, unique=None),
    EventKind("Session Concluded", 10, {"Session Length": whole_number(1, 4000)}, system=True),
    EventKind(
        "UTM Visited",
        6,
        {"CT Source": one_of("Web", "Mobile")},
        system=True,
        session=True,
        unique=None,
    ),
    EventKind("App Uninstalled", 1, {"CT Source": one_of("System")}, system=True),
    EventKind("Café bestellt ☕", 3, {"Größe": one_of("klein", "groß"), "Stadt": one_of(*CITIES)}),
    EventKind("Video  played", 3, {"Title": one_of(*GOODS), "Seconds": _decimal(0, 90)}),
    EventKind("signup", 2, {"Plan": one_of("free", "plus", None, "")}, unique=None),
    EventKind(
        "Level/Completed",
        3,
        {"Level": whole_number(1, 80), "Score": whole_number(2**53 + 1, 2**60)},
    ),
    EventKind("Legacy Banner Shown", 1, {"Banner": whole_number(1, 9)}),
    EventKind("Refund Requested", 0, {"Amount": _decimal(1, 900)}),
    EventKind("Notification Sent", 2, _CAMPAIGN, system=True),
    EventKind("Notification Viewed", 3, _CAMPAIGN, system=True),
    EventKind("Notification Clicked", 1, _CAMPAIGN, system=True),
    EventKind("Push Impressions", 3, _CAMPAIGN, system=True),
)
INSTALLS = EventKind("App Installed", 0, _APP, system=True, everyone=True)
TOTAL_WEIGHT = sum(kind.weight for kind in CATALOGUE)

# Names that an upload may not use, code 513 [D:upload-events-api].
RESTRICTED = (
    "Notification Sent",
    "Notification Viewed",
    "Notification Clicked",
    "Notification Delivered",
    "Notification Replied",
    "UTM Visited",
    "App Launched",
    "App Uninstalled",
    "App Version Changed",
    "Stayed",
    "Reply Sent",
    "Experiment Rendered",
    "Reachable By",
    "Identity Set",
    "Identity Reset",
    "Identity Error",
    "Web Page Viewed",
)


@lru_cache(maxsize=10_000)
def folded(name: str) -> str:
    """Return a name without case and spaces, for comparison [U:platform-considerations]."""
    return "".join(name.split()).casefold()


class EventNames:
    """The event names of a project, in their stored spelling."""

    def __init__(self, discarded: tuple[str, ...], more: Iterable[EventKind] = ()) -> None:
        self._original = {kind.name: kind for kind in (*CATALOGUE, *more)}
        self._first_discarded = {folded(name) for name in discarded}
        self.restricted = {folded(name) for name in RESTRICTED}
        self._stored: dict[str, str] = {}
        self.drop_changes()

    def kind(self, name: str) -> EventKind:
        """Return what is generated under a name; without properties if it was uploaded."""
        return self.kinds.get(name) or EventKind(name, 0, {}, unique=None)

    def drop_changes(self) -> None:
        """Drop the uploaded names, and what was renamed or discarded later."""
        self.kinds = dict(self._original)
        self.discarded = set(self._first_discarded)
        self._stored = {folded(name): name for name in self.kinds}

    def spelled(self) -> list[str]:
        """Return all names in their stored spelling."""
        # Generated names may differ only in case; uploads find the last of these.
        return list(dict.fromkeys((*self.kinds, *self._stored.values())))

    def known(self, name: str) -> bool:
        """Return whether an export finds this name: exact, case and spaces included [LEA]."""
        return name in self.kinds or self._stored.get(folded(name)) == name

    def is_free(self, name: str, but: str) -> bool:
        """Return whether no event has this name, or only the event `but`."""
        return self._stored.get(folded(name), but) == but

    def rename(self, old: str, new: str) -> None:
        """Give an event and its history another name."""
        self.kinds = {new if name == old else name: kind for name, kind in self.kinds.items()}
        spelled = [new if name == old else name for name in self._stored.values()]
        self._stored = {folded(name): name for name in spelled}

    def discard(self, name: str, *, discarded: bool) -> None:
        """Discard an event, or discard it no longer."""
        change = self.discarded.add if discarded else self.discarded.discard
        change(folded(name))

    def stored(self, name: str) -> str:
        """Return the stored spelling of an uploaded name; a new name is stored as it is."""
        return self._stored.setdefault(folded(name), name)
