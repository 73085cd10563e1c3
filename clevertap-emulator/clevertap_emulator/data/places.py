"""Where the users are: a place for each city of the generated users."""

from __future__ import annotations

from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

EARTH_RADIUS = 6371.0  # kilometres


class Place(NamedTuple):
    """A city with its country and region, and its position in degrees."""

    country: str
    region: str
    city: str
    latitude: float
    longitude: float


PLACES = {
    place.city: place
    for place in (
        Place("India", "Maharashtra", "Mumbai", 19.08, 72.88),
        Place("India", "Delhi", "दिल्ली", 28.61, 77.21),
        Place("Brazil", "São Paulo", "São Paulo", -23.55, -46.63),
        Place("Denmark", "Hovedstaden", "København", 55.68, 12.57),
        Place("Japan", "Tokyo", "東京", 35.68, 139.69),
        Place("Samoa", "Tuamasaga", "Apia", -13.83, -171.77),
        Place("Switzerland", "Zürich", "Zürich", 47.37, 8.54),
        Place("Poland", "Łódź", "Łódź", 51.76, 19.46),
    )
}


def place_of(city: object) -> Place | None:
    """Return the place of a user's property `City`; None if it is unknown."""
    return PLACES.get(city) if isinstance(city, str) else None


def is_in(place: Place, parts: tuple[str, ...]) -> bool:
    """Return whether a place is in a country, a region of it or a city, as `geo_fields` has it."""
    return place[: len(parts)] == parts


def is_near(place: Place, latitude: float, longitude: float, kilometres: float) -> bool:
    """Return whether a place is in a circle, as `geo_radius` has it."""
    north, east = radians(place.latitude - latitude), radians(place.longitude - longitude)
    across = cos(radians(place.latitude)) * cos(radians(latitude)) * sin(east / 2) ** 2
    return 2 * EARTH_RADIUS * asin(sqrt(min(1.0, sin(north / 2) ** 2 + across))) <= kilometres
