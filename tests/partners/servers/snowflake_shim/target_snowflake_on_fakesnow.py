"""MeltanoLabs' target-snowflake, able to load into fakesnow's server.

fakesnow lacks the user stage, REMOVE, DROP FILE FORMAT, and SELECT and MERGE from a staged file.
Those statements are replaced here: files go to a named stage, from there into a table of one
VARIANT column, and from that with the target's own casts into its tables. Everything else, the
driver and the target's DDL included, is what runs against Snowflake.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from sqlalchemy import text
from target_snowflake.connector import SnowflakeConnector
from target_snowflake.target import TargetSnowflake

if TYPE_CHECKING:
    from collections.abc import Sequence

URL_VARIABLE = "FAKESNOW_URL"
NETWORK_SECONDS = 20
target_connect_args = SnowflakeConnector.get_connect_args


class Landing:
    """The names of one load: a folder of the stage, and the table that its files land in."""

    def __init__(self, connector: SnowflakeConnector, sync_id: str) -> None:
        name = "".join(letter if letter.isalnum() else "_" for letter in sync_id).upper()
        schema = connector.config["default_target_schema"].upper()
        self.schema = f"{connector.config['database'].upper()}.{schema}"
        self.stage = f"{self.schema}.LANDING_STAGE"
        self.files = f"@{self.stage}/{name}"
        self.table = f"{self.schema}.LANDING_{name}"


def put_batches_to_stage(self: SnowflakeConnector, sync_id: str, files: Sequence[str]) -> None:
    landing = Landing(self, sync_id)
    with self._connect() as connection, connection.begin():
        connection.execute(text(f"create stage if not exists {landing.stage}"))
        for file in files:
            connection.execute(text(f"put :file {landing.files}"), {"file": file})


def merge_from_stage(
    self: SnowflakeConnector,
    full_table_name: Any,
    schema: dict[str, Any],
    sync_id: str,
    file_format: str,
    key_properties: Sequence[str],
) -> int:
    """Upsert; of rows with equal keys in one load the last one wins, as in the target."""
    columns = [self.format_identifier(name, safe=True) for name in schema["properties"]]
    keys = [self.format_identifier(name, safe=True) for name in key_properties]
    rows = (
        "select * exclude POSITION from ({landed}) "
        f"qualify row_number() over (partition by {', '.join(keys)} order by POSITION desc) = 1"
    )
    statement = (
        f"merge into {full_table_name} d using ({rows}) s on "
        + " and ".join(f"d.{key} = s.{key}" for key in keys)
        + " when matched then update set "
        + ", ".join(f"{column} = s.{column}" for column in columns)
        + f" when not matched then insert ({', '.join(columns)})"
        + f" values ({', '.join(f's.{column}' for column in columns)})"
    )
    return _load(self, schema, sync_id, statement)


def copy_from_stage(
    self: SnowflakeConnector,
    full_table_name: Any,
    schema: dict[str, Any],
    sync_id: str,
    file_format: str,
) -> int:
    columns = ", ".join(self.format_identifier(name, safe=True) for name in schema["properties"])
    statement = f"insert into {full_table_name} ({columns}) select {columns} from ({{landed}})"
    return _load(self, schema, sync_id, statement)


def _load(
    connector: SnowflakeConnector, schema: dict[str, Any], sync_id: str, statement: str
) -> int:
    landing = Landing(connector, sync_id)
    casts = ", ".join(
        f"V:{connector.formatter.format_collation(name)}::{connector.to_sql_type(each)}"
        f" as {connector.format_identifier(name, safe=True)}"
        for name, each in schema["properties"].items()
    )
    landed = f"select {casts}, rowid as POSITION from {landing.table}"
    with connector._connect() as connection, connection.begin():
        connection.execute(text(f"create table {landing.table} (V variant)"))
        connection.execute(
            text(f"copy into {landing.table} from {landing.files} file_format = (type = 'JSON')")
        )
        row = connection.execute(text(statement.format(landed=landed))).fetchone()
        connection.execute(text(f"drop table {landing.table}"))
    return sum(int(number or 0) for number in row)


def get_connect_args(self: SnowflakeConnector) -> dict[str, Any]:
    """Reach the server, which the target has no settings for; MERGE needs a current schema."""
    url = urlsplit(os.environ[URL_VARIABLE])
    return {
        **target_connect_args(self),
        "host": url.hostname,
        "port": url.port,
        "protocol": url.scheme,
        "schema": self.config["default_target_schema"].upper(),
        "client_session_keep_alive": False,
        "network_timeout": NETWORK_SECONDS,
        "session_parameters": {},
    }


def main() -> None:
    """Run the target with what fakesnow lacks replaced."""
    SnowflakeConnector.put_batches_to_stage = put_batches_to_stage
    SnowflakeConnector.merge_from_stage = merge_from_stage
    SnowflakeConnector.copy_from_stage = copy_from_stage
    SnowflakeConnector.get_connect_args = get_connect_args
    SnowflakeConnector.remove_staged_files = lambda _self, sync_id: None  # noqa: ARG005 - its name
    SnowflakeConnector.drop_file_format = lambda _self, file_format: None  # noqa: ARG005 - its name
    TargetSnowflake.cli()
