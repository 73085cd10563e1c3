"""Names of the streams that are no event's own."""

EXPORTED_STREAMS = ("exported_events", "exported_profiles")
"""Streams of partner export files, not of the API."""
FURTHER_STREAMS = (
    "event_schema",
    "user_property_schema",
    "campaigns",
    "campaign_reports",
    "message_reports",
    "event_counts",
    "category_groups",
    "content_blocks",
    *EXPORTED_STREAMS,
)
"""Streams that are off until they are selected."""
STREAMS = ("events", "profiles", *FURTHER_STREAMS)
LATER_STREAMS = ("webhook_messages",)
LISTED_STREAMS = frozenset((*STREAMS, *LATER_STREAMS))
"""Names that no typed stream has, of this release or a later one."""
