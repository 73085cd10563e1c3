"""The SDK's plain ways to read and to deliver, which the plugins are measured against.

Run as a program, the first argument is tap or target.
"""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote

import requests
from singer_sdk import Tap, Target
from singer_sdk import typing as th
from singer_sdk.pagination import BaseAPIPaginator
from singer_sdk.sinks import BatchSink
from singer_sdk.streams import RESTStream
from typing_extensions import override

from tap_clevertap.streams.schemas import EVENTS_SCHEMA

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.plugin_base import PluginBase

HEADERS = {"X-CleverTap-Account-Id": "TEST-000-0000", "X-CleverTap-Passcode": "emulator"}
SETTINGS = th.PropertiesList(
    th.Property("api_url", th.StringType),
    th.Property("event", th.StringType),
    th.Property("from", th.IntegerType),
    th.Property("to", th.IntegerType),
).to_dict()


class CursorPaginator(BaseAPIPaginator[Any]):
    """Follows next_cursor."""

    @override
    def get_next(self, response: requests.Response) -> str | None:
        cursor: str | None = response.json().get("next_cursor")
        return cursor

    @override
    def continue_if_empty(self, response: requests.Response) -> bool:
        return True


class PlainEvents(RESTStream[Any]):
    """One export, page after page, as the SDK's own classes read it."""

    name = "events"
    path = "/1/events.json"
    records_jsonpath = "$.records[*]"
    primary_keys: ClassVar[tuple[str, ...]] = ("event_key",)
    schema = EVENTS_SCHEMA

    @property
    @override
    def url_base(self) -> str:
        return str(self.config["api_url"])

    @property
    @override
    def http_headers(self) -> dict[str, str]:
        return HEADERS

    @override
    def get_new_paginator(self) -> CursorPaginator:
        asked = {"event_name": self.config["event"]}
        asked |= {"from": self.config["from"], "to": self.config["to"]}
        url = f"{self.url_base}{self.path}?batch_size=5000&app=true&events=false&profile=true"
        opened = requests.post(url, json=asked, headers=HEADERS, timeout=60)
        return CursorPaginator(unquote(opened.json()["cursor"]))

    @override
    def get_url_params(self, context: Context | None, next_page_token: Any) -> dict[str, Any]:
        return {"cursor": unquote(next_page_token)}

    @override
    def post_process(self, row: Record, context: Context | None = None) -> Record:
        profile = row.get("profile") or {}
        ts = str(row["ts"])
        key = hashlib.md5(f"{profile.get('objectId')}{ts}{row}".encode(), usedforsecurity=False)
        return {
            "event_key": key.hexdigest(),
            "event_name": self.config["event"],
            "event_time": f"{ts[:4]}-{ts[4:6]}-{ts[6:8]}T{ts[8:10]}:{ts[10:12]}:{ts[12:]}+00:00",
            "ts": row["ts"],
            "occurrence": 0,
            "object_id": profile.get("objectId"),
            "identity": profile.get("identity"),
            "name": profile.get("name"),
            "email": profile.get("email"),
            "platform": profile.get("platform"),
            "event_props": row.get("event_props"),
            "session_props": row.get("session_props"),
            "profile_data": profile.get("profileData"),
        }


class PlainTap(Tap):
    """A tap of the SDK's own classes."""

    name = "plain-tap"
    config_jsonschema = SETTINGS

    @override
    def discover_streams(self) -> list[PlainEvents]:
        return [PlainEvents(self)]


class PlainSink(BatchSink):
    """Posts a thousand records at a time, one request after another."""

    max_size = 1000

    @override
    def process_batch(self, context: dict[str, Any]) -> None:
        records = [
            {
                "type": "event",
                "evtName": "Ordered",
                "identity": record["email"],
                "ts": int(record["created_at"].timestamp()),
                "evtData": {"id": record["id"], "total": float(record["total"])},
            }
            for record in context["records"]
        ]
        url = f"{self.config['api_url']}/1/upload"
        requests.post(url, json={"d": records}, headers=HEADERS, timeout=60).raise_for_status()


class PlainTarget(Target):
    """A target of the SDK's own classes."""

    name = "plain-target"
    config_jsonschema = SETTINGS
    default_sink_class = PlainSink


PEERS: dict[str, type[PluginBase]] = {"tap": PlainTap, "target": PlainTarget}

if __name__ == "__main__":
    PEERS[sys.argv.pop(1)].cli()
