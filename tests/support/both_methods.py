"""The same messages by `method: api` and by `method: files`, and what CleverTap's stand-in has."""

from __future__ import annotations

import json
from typing import Any

FILES = {"method": "files", "client_email": "data@example.org"}


def files_settings(folder, **more):
    """Return the settings of a run into files that the emulator takes."""
    return {**FILES, "files_path": str(folder), **more}


def events_of(emulator):
    """Return the events that were stored as JSON text, in an order of their own.

    True is not 1 there, and "1" not 1, but 1 is 1.0: a JSON number is a number.
    """
    return sorted(as_text(each["record"]) for each in emulator.uploads()["events"])


def as_text(value):
    """Return a value as JSON text that tells different values apart."""
    return json.dumps(value, sort_keys=True, default=str).replace(".0,", ",").replace(".0}", "}")


def profiles_of(emulator):
    """Return the properties of each user as JSON text, after all that was stored of them."""
    users: dict[tuple[str, str], dict[str, Any]] = {}
    for stored in emulator.uploads()["profiles"]:
        record = stored["record"]
        key = next(each for each in ("identity", "objectId", "FBID", "GPID") if each in record)
        properties = users.setdefault((key, record[key]), {})
        for name, value in record.get("profileData", {}).items():
            change(properties, name, value)
    return {key: as_text(properties) for key, properties in users.items()}


def change(properties, name, value):
    """Change a property as CleverTap does [D:upload-user-profiles-api]."""
    if not isinstance(value, dict):
        properties[name] = value
        return
    ((operator, operand),) = value.items()
    known = properties.get(name, [])
    known = known if isinstance(known, list) else [known]
    if operator == "$delete":
        properties.pop(name, None)
    elif operator == "$set":
        properties[name] = [*operand]
    elif operator == "$add":
        properties[name] = [*known, *operand]
    else:
        assert operator == "$remove"
        properties[name] = [each for each in known if each not in operand]
