"""The fields of the two streams."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th


def _open_object(name: str, description: str) -> th.Property[dict[str, Any]]:
    kind = th.ObjectType(additional_properties=True, nullable=True)
    return th.Property(name, kind, description=description)


EVENTS_SCHEMA = th.PropertiesList(
    th.Property("event_key", th.StringType(nullable=False), required=True, description="Key."),
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
).to_dict()

PROFILES_SCHEMA = th.PropertiesList(
    th.Property("profile_key", th.StringType(nullable=False), required=True, description="Key."),
    th.Property("identity", th.StringType, description="The user, where identified."),
    th.Property("object_ids", th.ArrayType(th.StringType), description="The user's devices."),
    th.Property("all_identities", th.ArrayType(th.StringType(nullable=True))),
    th.Property("name", th.StringType),
    th.Property("email", th.StringType),
    th.Property("phone", th.StringType),
    _open_object("profile_data", "The user's properties."),
    th.Property(
        "platform_info", th.ArrayType(th.ObjectType(additional_properties=True, nullable=True))
    ),
    _open_object("events", "By event name: count, first_seen, last_seen in epoch seconds."),
    th.Property("seen_through", th.DateType(nullable=False), required=True),
).to_dict()
