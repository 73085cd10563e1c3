"""The setting `default_country`: the country of telephone numbers that do not have one."""

from __future__ import annotations

from target_clevertap._plugin.shown import shown
from target_clevertap.errors import SettingError

OFTEN_MEANT = {"UK": "GB", "EN": "GB", "EL": "GR"}
"""Letters that people write for a country, and its letters in ISO 3166."""


def checked_country(value: str | None) -> str | None:
    """Return the two letters of a country in capitals; None where the setting is empty.

    Raises:
        SettingError: When they are not those of a country with telephone numbers.
    """
    if value is None or not value.strip():
        return None
    # it takes a quarter of a second to import
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415

    country = value.strip().upper()
    if country in SUPPORTED_REGIONS:
        return country
    meant = OFTEN_MEANT.get(country)
    advice = f"did you mean {shown(meant)}?" if meant else "give two letters such as IN or US"
    message = (
        f"default_country: {shown(value)} is not a country's two letters in ISO 3166; {advice}"
    )
    raise SettingError(message)
