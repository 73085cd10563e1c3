"""Export files in CSV."""

from __future__ import annotations

import csv
import io

from verification.fuzz.export_files import leaves_of, read_file
from verification.fuzz.reader import Reader, expect

EVENTS = (
    "ts,eventName,profile.identity,profile.objectId,profile.all_identities,deviceInfo.make,"
    "deviceInfo.dimensions.width,controlGroupName,eventProps.a.b,eventProps.A.b,"
    "sessionProps.utm_source,Extra\n"
    '20260212004131,Charged,u1,__o,"[u1, 7]",X,67,CG,"a ""b""\nc",1.10,x,y\n'
    "20260215235959,Charged,,__o,,,,,,007,,\n"
)
PROFILES = (
    b"identity,all_identities,clevertapId,clevertapIds,MSG-push,Email,Plan\n"
    b'u1,"[u1, a@b.c]",o2,"[""o2"", ""o1""]",true,a@b.c,gold\n,,o3,,,,\n,,,,,,x\n'
)
BAD = (
    b'ts,eventName,\n20260212004131,x,\n20260212004131,x\n"20260212004131"y,x,\n1,2,3\n'
    b"20260212004131,z,7\n20260212004131,z,\n"
)
SEEDS = [
    EVENTS.encode(),
    "\ufeff".encode() + EVENTS.replace("\n", "\r\n").encode(),
    EVENTS.replace(",", ";").encode(),
    b"User\tZeit\teventName\tnull\nu\t20260212004131\tx\ty\n",
    PROFILES,
    BAD,
]


def read(content: bytes) -> None:
    """Read a file.

    - Every cell of a row is in its record.
    - Every row is in a record or is a bad row.

    Raises:
        Wrong: Where one of these does not hold.
    """
    found = read_file("csv", content)
    if found is None or found.refusal is not None:
        return
    text = content.decode(errors="replace").removeprefix("\ufeff")
    if "\0" in text or "\r" in text or found.bad:
        return
    tables = [_table(text, delimiter) for delimiter in ",;\t|"]
    rows = [row for _, row in found.rows]
    expect(any(_holds(table, rows) for table in tables), "a cell or a row is lost")


def _table(text: str, delimiter: str) -> list[list[str]]:
    csv.field_size_limit(len(text) + 1)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    return [row for row in rows if row][1:]


def _holds(table: list[list[str]], rows: list[object]) -> bool:
    return len(table) == len(rows) and all(
        _has(cells, row) for cells, row in zip(table, rows, strict=True)
    )


def _has(cells: list[str], row: object) -> bool:
    leaves = set(leaves_of(row))
    return all(not cell or cell in leaves or cell[0] + cell[-1] == "[]" for cell in cells)


READER = Reader("files_csv", "bytes", SEEDS, read)
