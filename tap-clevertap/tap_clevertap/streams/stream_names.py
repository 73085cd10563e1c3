"""Names of the streams that are no event's own."""

EXPORTED_STREAMS = ("exported_events", "exported_profiles")
"""Streams of partner export files."""
PUSHED_STREAMS = ("webhook_messages",)
"""Streams of the inbox."""
NOT_OF_API = (*EXPORTED_STREAMS, *PUSHED_STREAMS)
"""Streams whose states do not belong to an account at a host."""
FURTHER_STREAMS = (
    "event_schema",
    "user_property_schema",
    "campaigns",
    "campaign_reports",
    "message_reports",
    "event_counts",
    "category_groups",
    "content_blocks",
    *NOT_OF_API,
)
"""Streams that are off until they are selected."""
STREAMS = ("events", "profiles", *FURTHER_STREAMS)
LISTED_STREAMS = frozenset(STREAMS)
"""Names that no typed stream has."""
