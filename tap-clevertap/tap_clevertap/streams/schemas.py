"""The fields of the two streams."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

KEY_DIGITS = 32
"""Hex digits of a key. Some databases need a length for a primary key of type text."""
KEY = th.StringType(nullable=False, max_length=KEY_DIGITS)
OPEN_OBJECT = th.CustomType({"type": ["object", "null"], "additionalProperties": True})
"""Without an empty `properties`: targets that flatten would read an object without fields."""
LISTED_OBJECT = th.ObjectType(additional_properties=True, nullable=True)
"""With `properties`: lists are not flattened, and SDK targets fail on an item without it."""


def _open_object(name: str, description: str) -> th.Property[dict[str, Any]]:
    return th.Property(name, OPEN_OBJECT, description=description)


def _schema(*fields: th.Property[Any]) -> dict[str, Any]:
    schema: dict[str, Any] = th.PropertiesList(*fields).to_dict()
    # No schema needs it, and a target of an older draft refuses it.
    schema.pop("$schema", None)
    return schema


def update_schema(schema: dict[str, Any], own: dict[str, Any]) -> None:
    """Update a schema from a catalog that an earlier release wrote.

    Earlier releases wrote open objects in a form that some targets drop.

    Args:
        schema: Of a stream; it is changed.
        own: The schema of this release.
    """
    schema.pop("$schema", None)
    properties = schema.get("properties")
    for name, known in own.get("properties", {}).items():
        given = properties.get(name) if isinstance(properties, dict) else None
        if isinstance(given, dict):
            if given.get("properties") == {}:
                del given["properties"]
            if "maxLength" in known and given.get("type") in ("string", ["string"]):
                given.setdefault("maxLength", known["maxLength"])


EVENTS_SCHEMA = _schema(
    th.Property("event_key", KEY, required=True, description="Key."),
    th.Property("event_name", th.StringType(nullable=False), required=True),
    th.Property("event_time", th.DateTimeType(nullable=False), required=True, description="UTC."),
    th.Property("ts", th.IntegerType, description="As sent: yyyyMMddHHmmss, the project's clock."),
    th.Property("occurrence", th.IntegerType, description="Ordinal among identical events."),
    th.Property("object_id", th.StringType, description="The device-level CleverTap ID."),
    th.Property("identity", th.StringType, description="The user, where identified."),
    th.Property("all_identities", th.ArrayType(th.StringType(nullable=True))),
    th.Property("name", th.StringType),
    th.Property("email", th.StringType),
    th.Property("phone", th.StringType),
    th.Property("platform", th.StringType),
    _open_object("event_props", "Custom and system properties of the event."),
    _open_object("session_props", "UTM and session fields."),
    th.Property("session_source", th.StringType),
    _open_object("profile_data", "The user's properties as of the run, not of the event."),
    _open_object("app", "App and device, as of the run."),
)

PROFILES_SCHEMA = _schema(
    th.Property("profile_key", KEY, required=True, description="Key."),
    th.Property("identity", th.StringType, description="The user, where identified."),
    th.Property("object_ids", th.ArrayType(th.StringType), description="The user's devices."),
    th.Property("all_identities", th.ArrayType(th.StringType(nullable=True))),
    th.Property("name", th.StringType),
    th.Property("email", th.StringType),
    th.Property("phone", th.StringType),
    _open_object("profile_data", "The user's properties."),
    th.Property("platform_info", th.ArrayType(LISTED_OBJECT)),
    _open_object("events", "By event name: count, first_seen, last_seen in epoch seconds."),
    th.Property("seen_through", th.DateType(nullable=False), required=True),
)

SCHEMAS = {"events": EVENTS_SCHEMA, "profiles": PROFILES_SCHEMA}
"""By the name of the stream."""
