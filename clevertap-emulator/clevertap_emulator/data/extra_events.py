"""Further event names with many typed properties, for projects with hundreds of event types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_emulator.data.catalogue import GOODS, INSTALLS, EventKind, TypedProperty
from clevertap_emulator.data.odd_events import ODD_KINDS
from clevertap_emulator.data.property_types import BOOLEAN, DATE, FLOAT, INTEGER, NUMBER, STRING

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from clevertap_emulator.settings import Settings

EXTRA_WEIGHT = 0.25
EXTRA_TEMPLATES = 10
TYPES = (STRING, INTEGER, FLOAT, BOOLEAN, DATE, NUMBER)
# As columns they meet one another, or the fields that each event has.
SPECIAL_NAMES = ("Total Price", "total-price", "Identity", "event_time", "Größe", "größe (cm)")
MISFIT_ONE_IN = 20
_DRAWS: dict[str, Callable[[Random], Any]] = {
    STRING: lambda rng: rng.choice(GOODS),
    INTEGER: lambda rng: rng.randint(-(2**31), 2**40),
    FLOAT: lambda rng: round(rng.uniform(-1000, 1000), 4),
    BOOLEAN: lambda rng: rng.random() < 0.5,  # noqa: PLR2004 - one of two
    DATE: lambda rng: f"$D_{rng.randint(1_500_000_000, 1_700_000_000)}",
    NUMBER: lambda rng: rng.choice([rng.randint(0, 99), round(rng.uniform(0, 99), 2)]),
}
_MISFITS: dict[str, tuple[object, ...]] = {
    STRING: (7, True, ["a", "b"]),
    INTEGER: ("12", 1.5, "many"),
    FLOAT: ("9.99", "n/a", True),
    BOOLEAN: ("true", 1, "perhaps"),
    DATE: ("2026-08-31", 1_700_000_000, "$D_soon"),
    NUMBER: ("3", False, {"value": 3}),
}


def further_kinds(settings: Settings) -> list[EventKind]:
    """Return the kinds of events that settings add to the catalogue."""
    never = (f"Never Happened {number}" for number in range(1, settings.empty_events + 1))
    extra = extra_kinds(settings.extra_events, settings.extra_properties)
    installs = [INSTALLS] if settings.installs else []
    odd = ODD_KINDS if settings.odd_values else ()
    return [*installs, *extra, *odd, *(EventKind(name, 0, {}) for name in never)]


def extra_kinds(events: int, properties: int) -> list[EventKind]:
    """Return kinds of events, each with the same typed properties."""
    typed = {
        _name(number): TypedProperty(kind, _draw(kind))
        for number in range(properties)
        for kind in [TYPES[number % len(TYPES)]]
    }
    return [
        EventKind(
            f"Extra Event {number}",
            EXTRA_WEIGHT,
            typed,
            unique=None,
            templates=EXTRA_TEMPLATES,
        )
        for number in range(1, events + 1)
    ]


def _name(number: int) -> str:
    if number < len(SPECIAL_NAMES):
        return SPECIAL_NAMES[number]
    return f"{TYPES[number % len(TYPES)]} {number + 1}"


def _draw(kind: str) -> Callable[[Random], Any]:
    """Draw values of a type; a few do not fit it."""

    def draw(rng: Random) -> object:
        misfit = rng.randrange(MISFIT_ONE_IN) == 0
        return rng.choice(_MISFITS[kind]) if misfit else _DRAWS[kind](rng)

    return draw
