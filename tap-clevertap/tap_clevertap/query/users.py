"""The block `common_profile_properties`: filters by properties of users, and where they are.

[SNIP clevertap_query_language/examples/query_with_common_properties_request_payload.json]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_clevertap._plugin.suggestions import folded
from tap_clevertap.query.filters import read_filters
from tap_clevertap.query.values import read_value

if TYPE_CHECKING:
    from tap_clevertap.query.faults import Faults

OF_FILTERS = ("app_fields", "profile_fields", "demographics", "technographics", "reachability")
OF_PLACES = ("geo_fields", "geo_radius")
BLOCKS = (*OF_FILTERS, *OF_PLACES)
EXAMPLE_PLACE = "write it like [India, Maharashtra, Mumbai]"
EXAMPLE_CIRCLE = "write it like [19.1, 72.9, 25]: latitude, longitude, kilometers"
MOST_NAMES = 3
LARGEST = (90, 180)
"""Latitude and longitude."""


def read_user_filters(given: Any, path: str, faults: Faults) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    """Return the block as CleverTap takes it.

    Args:
        given: As configured.
        path: Of the block.
        faults: Takes what is wrong.
    """
    if not isinstance(given, dict):
        faults.add(path, "it is not an object", f"write {', '.join(BLOCKS)} in it")
        return {}
    faults.check_keys(given, BLOCKS, path)
    read = dict(given)
    for block in OF_FILTERS:
        if block in given:
            read[block] = read_filters(given[block], f"{path}.{block}", faults, of_profiles=True)
    if "geo_fields" in given:
        for each, its_path in _listed(given["geo_fields"], f"{path}.geo_fields", faults):
            _check_place(each, its_path, faults)
    if "geo_radius" in given:
        read["geo_radius"] = [
            _read_circle(each, its_path, faults)
            for each, its_path in _listed(given["geo_radius"], f"{path}.geo_radius", faults)
        ]
    return read


def _listed(given: Any, path: str, faults: Faults) -> list[tuple[Any, str]]:  # noqa: ANN401 - any JSON value
    """Return each item of a list with its path."""
    if not isinstance(given, list):
        faults.add(path, "it is not a list", "put its places into [ ]")
        return []
    return [(each, f"{path}[{number}]") for number, each in enumerate(given)]


def _check_place(given: Any, path: str, faults: Faults) -> None:  # noqa: ANN401 - any JSON value
    names = given if isinstance(given, list) else []
    if not all(isinstance(name, str) and folded(name) for name in names) or not (
        1 <= len(names) <= MOST_NAMES
    ):
        faults.add(path, "it is not a country, or with region and city", EXAMPLE_PLACE)


def _read_circle(given: Any, path: str, faults: Faults) -> Any:  # noqa: ANN401 - any JSON value
    read = read_value(given, path, faults) if isinstance(given, list) else None
    if not isinstance(read, list) or not _is_circle(read):
        faults.add(path, "it is not a circle", EXAMPLE_CIRCLE)
    return read


def _is_circle(values: list[Any]) -> bool:
    if len(values) != len(LARGEST) + 1 or not all(
        isinstance(each, (int, float)) for each in values
    ):
        return False
    latitude, longitude, kilometers = map(float, values)
    return abs(latitude) <= LARGEST[0] and abs(longitude) <= LARGEST[1] and kilometers > 0
