"""The fields of the further streams."""

from __future__ import annotations

from typing import Any

from singer_sdk import typing as th

from tap_clevertap.streams.schemas import LISTED_OBJECT, OPEN_OBJECT

KEY_LENGTH = 512
"""Characters: names of events and properties have at most 120 [U:platform-considerations]."""
NAME = th.StringType(nullable=False, max_length=KEY_LENGTH)
WHOLE = th.IntegerType(nullable=False)
TEXTS = th.ArrayType(th.StringType(nullable=True))


def _schema(keys: dict[str, th.JSONTypeHelper[Any]], **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - types
    required = [th.Property(name, kind, required=True) for name, kind in keys.items()]
    others = [th.Property(name, kind) for name, kind in fields.items()]
    rest = th.Property("details", OPEN_OBJECT, description="All other fields, as sent.")
    schema: dict[str, Any] = th.PropertiesList(*required, *others, rest).to_dict()
    schema.pop("$schema", None)
    return schema


TEXT, DATE_TIME = th.StringType, th.DateTimeType

FURTHER_SCHEMAS: dict[str, dict[str, Any]] = {
    "event_schema": _schema(
        {"name": NAME}, type=TEXT, status=TEXT, properties=th.ArrayType(LISTED_OBJECT)
    ),
    "user_property_schema": _schema({"name": NAME}, type=TEXT, status=TEXT),
    "campaigns": _schema({"id": WHOLE}, name=TEXT, scheduled_on=TEXT, status=TEXT),
    "campaign_reports": _schema(
        {"id": WHOLE},
        name=TEXT,
        scheduled_on=TEXT,
        sent=th.IntegerType,
        clicked=th.IntegerType,
    ),
    "message_reports": _schema(
        {"message_id": WHOLE},
        message_name=TEXT,
        start_date=th.DateType,
        channel=TEXT,
        delivery=TEXT,
        message_type=TEXT,
        status=TEXT,
        labels=TEXTS,
        sent=th.IntegerType,
        viewed=th.IntegerType,
        clicked=th.IntegerType,
    ),
    "event_counts": th.PropertiesList(
        th.Property("event", NAME, required=True),
        th.Property("day", th.DateType(nullable=False), required=True),
        th.Property("total", WHOLE, required=True),
    ).to_dict(),
    "category_groups": _schema(
        {"key": WHOLE},
        name=TEXT,
        description=TEXT,
        channels=TEXTS,
        created_on=DATE_TIME,
        updated_on=DATE_TIME,
    ),
    "content_blocks": _schema(
        {"id": NAME},
        name=TEXT,
        type=TEXT,
        content=TEXT,
        created_at=DATE_TIME,
        created_by=TEXT,
        updated_at=DATE_TIME,
        updated_by=TEXT,
    ),
}
"""By the name of the stream."""
FURTHER_SCHEMAS["event_counts"].pop("$schema", None)
