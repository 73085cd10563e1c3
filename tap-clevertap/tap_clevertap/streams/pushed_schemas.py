"""The fields of the stream of pushed messages."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

from tap_clevertap.streams.schemas import KEY, OPEN_OBJECT


def _schema(*fields: th.Property[Any]) -> dict[str, Any]:
    schema: dict[str, Any] = th.PropertiesList(*fields).to_dict()
    schema.pop("$schema", None)
    return schema


PUSHED_SCHEMAS = {
    "webhook_messages": _schema(
        th.Property("message_key", KEY, required=True, description="Key."),
        th.Property(
            "received_at", th.DateTimeType(nullable=False), required=True, description="UTC."
        ),
        th.Property("source", th.StringType(nullable=False), description="webhook or eventbridge."),
        th.Property("is_test", th.BooleanType(nullable=False), description="A campaign's trial."),
        th.Property("target_id", th.IntegerType, description="The campaign."),
        th.Property("key_values", OPEN_OBJECT, description="The message's, then the profile's."),
        th.Property("identity", th.StringType, description="The user, where identified."),
        th.Property("object_id", th.StringType, description="The device-level CleverTap ID."),
        th.Property("profile", OPEN_OBJECT, description="The user's profile, as sent."),
        th.Property("event_props", OPEN_OBJECT, description="Properties of the event."),
        th.Property(
            "raw", th.StringType, description="The body, where other fields do not hold all of it."
        ),
    )
}
"""By the name of the stream."""
