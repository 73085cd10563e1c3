"""Advice for time zones that are not IANA names, or are ambiguous ones."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

from tap_clevertap._plugin.shown import shown

MEANINGS = {
    "UTC": ("UTC",),
    "Z": ("UTC",),
    "IST": ("Asia/Kolkata", "Asia/Jerusalem", "Europe/Dublin"),
    "PST": ("America/Los_Angeles", "Asia/Manila"),
    "PDT": ("America/Los_Angeles",),
    "PT": ("America/Los_Angeles",),
    "MDT": ("America/Denver",),
    "CST": ("America/Chicago", "Asia/Shanghai"),
    "CDT": ("America/Chicago",),
    "CT": ("America/Chicago",),
    "EDT": ("America/New_York",),
    "ET": ("America/New_York",),
    "AST": ("Asia/Riyadh", "America/Halifax"),
    "BST": ("Europe/London", "Asia/Dhaka"),
    "CEST": ("Europe/Berlin",),
    "EEST": ("Europe/Athens",),
    "MSK": ("Europe/Moscow",),
    "GST": ("Asia/Dubai",),
    "PKT": ("Asia/Karachi",),
    "WIB": ("Asia/Jakarta",),
    "ICT": ("Asia/Bangkok",),
    "SGT": ("Asia/Singapore",),
    "MYT": ("Asia/Kuala_Lumpur",),
    "PHT": ("Asia/Manila",),
    "HKT": ("Asia/Hong_Kong",),
    "JST": ("Asia/Tokyo",),
    "KST": ("Asia/Seoul",),
    "AEST": ("Australia/Sydney", "Australia/Brisbane"),
    "AEDT": ("Australia/Sydney",),
    "NZST": ("Pacific/Auckland",),
    "BRT": ("America/Sao_Paulo",),
    "ART": ("America/Argentina/Buenos_Aires",),
    "WAT": ("Africa/Lagos",),
    "CAT": ("Africa/Johannesburg",),
    "SAST": ("Africa/Johannesburg",),
    "EAT": ("Africa/Nairobi",),
    **{
        f"{american} {kind}": (zone,)
        for american, zone in (
            ("EASTERN", "America/New_York"),
            ("CENTRAL", "America/Chicago"),
            ("MOUNTAIN", "America/Denver"),
            ("PACIFIC", "America/Los_Angeles"),
        )
        for kind in ("TIME", "STANDARD TIME", "DAYLIGHT TIME")
    },
    "INDIA": ("Asia/Kolkata",),
    "MUMBAI": ("Asia/Kolkata",),
    "DELHI": ("Asia/Kolkata",),
    "BANGALORE": ("Asia/Kolkata",),
    "BENGALURU": ("Asia/Kolkata",),
    "PAKISTAN": ("Asia/Karachi",),
    "BANGLADESH": ("Asia/Dhaka",),
    "SRI LANKA": ("Asia/Colombo",),
    "NEPAL": ("Asia/Kathmandu",),
    "INDONESIA": ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"),
    "MALAYSIA": ("Asia/Kuala_Lumpur",),
    "THAILAND": ("Asia/Bangkok",),
    "VIETNAM": ("Asia/Ho_Chi_Minh",),
    "PHILIPPINES": ("Asia/Manila",),
    "CHINA": ("Asia/Shanghai",),
    "KOREA": ("Asia/Seoul",),
    "UAE": ("Asia/Dubai",),
    "SAUDI ARABIA": ("Asia/Riyadh",),
    "GERMANY": ("Europe/Berlin",),
    "FRANCE": ("Europe/Paris",),
    "SPAIN": ("Europe/Madrid",),
    "ITALY": ("Europe/Rome",),
    "UK": ("Europe/London",),
    "USA": ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    "US": ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    "BRAZIL": ("America/Sao_Paulo",),
    "MEXICO": ("America/Mexico_City",),
    "AUSTRALIA": ("Australia/Sydney", "Australia/Perth"),
    "NIGERIA": ("Africa/Lagos",),
    "KENYA": ("Africa/Nairobi",),
    "SOUTH AFRICA": ("Africa/Johannesburg",),
}
"""Abbreviations, countries and cities that are not IANA names, and their likely meanings."""
OFFSET = re.compile(r"(?:^|UTC|GMT|[\s(])([+-])?(\d{1,2})(?::?(\d{2}))?(?=$|[\s)])", re.IGNORECASE)
FIXED = {
    "EST": "America/New_York",
    "MST": "America/Denver",
    "HST": "Pacific/Honolulu",
}
"""IANA names without daylight saving time, and the zones that people may mean."""
UTC_REVERSED = re.compile(r"Etc/GMT([+-])(\d{1,2})")
"""These names have the sign of POSIX: `Etc/GMT+5` is UTC-5."""
NO_ZONES = re.compile(r"localtime|posixrules|Factory|right/.*")
"""Files that are not zones: this machine's zone, placeholders, and clocks with leap seconds."""
SPELLINGS = {"\N{MINUS SIGN}": "-", ".5": ":30", ".75": ":45"}
"""Spellings of offsets, and what they are read as."""
MOST_SHOWN = 4


def is_zone(name: str) -> bool:
    """Return whether a file of the time zone database is a time zone."""
    return not NO_ZONES.fullmatch(name)


def zone_advice(name: str) -> str:
    """Return advice for a name that is not an IANA name; empty if there is none."""
    for spelling, read_as in SPELLINGS.items():
        name = name.replace(spelling, read_as)
    words = " ".join(name.replace("_", " ").upper().split())
    meant = MEANINGS.get(words) or _by_city(words)
    if not meant and (offset := _offset(name)) is not None:
        return _by_offset(offset)
    meant = meant or next(
        (zones for each, zones in MEANINGS.items() if words.startswith(f"{each} ")), ()
    )
    if not meant:
        return ""
    if len(meant) == 1:
        return f"write {shown(meant[0])}"
    return f"it may mean {_listed(meant)}: write the one of your project"


def _by_city(words: str) -> tuple[str, ...]:
    city = words.replace(" ", "_")
    zones = (zone for zone in available_timezones() if not zone.startswith("Etc/"))
    return tuple(sorted(zone for zone in zones if zone.upper().endswith(f"/{city}")))[:1]


def _offset(name: str) -> timedelta | None:
    found = OFFSET.search(name)
    if found is None:
        return None
    sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes or 0))
    return None if offset > timedelta(hours=14) else -offset if sign == "-" else offset


def _by_offset(offset: timedelta) -> str:
    known = dict.fromkeys(zone for zones in MEANINGS.values() for zone in zones)
    now = datetime.now(ZoneInfo("UTC"))
    matching = [zone for zone in known if now.astimezone(ZoneInfo(zone)).utcoffset() == offset]
    example = f", for example {_listed(matching)}" if matching else ""
    return f"an offset is not a time zone: write the name of the project's{example}"


def _listed(zones: list[str] | tuple[str, ...]) -> str:
    return " or ".join(map(shown, zones[:MOST_SHOWN]))


def zone_warning(name: str) -> str:
    """Return a warning for an IANA name that may be a mistake; empty for any other."""
    if reversed_sign := UTC_REVERSED.fullmatch(name):
        sign, hours = reversed_sign.groups()
        return (
            f"timezone: {shown(name)} is UTC{'-' if sign == '+' else '+'}{hours}; set the name of "
            "the project's zone, like `Asia/Kolkata`, if the other sign is meant"
        )
    if name not in FIXED:
        return ""
    return (
        f"timezone: {shown(name)} has no daylight saving time; set {shown(FIXED[name])} if the "
        "project's clocks change"
    )
