"""Ledger files: damaged, cut off, other databases, other versions, other tables.

An input is the bytes of a file, or a document with the steps to make one with SQLite.
"""

from __future__ import annotations

import sqlite3
import tempfile
from array import array
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import msgspec

from target_clevertap.errors import CleverTapError
from target_clevertap.ledger.claim import NameState
from target_clevertap.ledger.file_format import FORMAT_VERSION
from target_clevertap.ledger.ledger import Ledger
from target_clevertap.ledger.merging import LEVELS
from target_clevertap.ledger.upgrade import BLOCK, CLAIMS, FORMAT_1, SINCE_3, SINCE_4, SINCE_5
from target_clevertap.records.entries import ProfileChange
from verification.fuzz.reader import Reader, expect

NAMES = [bytes([number]) * 16 for number in range(8)]
KNOWN, FRESH = NAMES[:4], NAMES[4:]
USERS = [5, 6, 7]
CUT_OFF = array("q", [USERS[1], 1, 1]).tobytes()
MOST_BYTES = 1 << 20
RECORDS, FIRST_CLAIMS = (each.strip() for each in FORMAT_1.split(";"))
SECOND_CLAIMS = FIRST_CLAIMS.replace("names", "is_delivered INTEGER NOT NULL, names")
OF_4 = (
    *(each.strip() for each in f"{SINCE_3};{SINCE_4};{CLAIMS}".split(";")),
    *(f"CREATE TABLE blocks_{level} ({BLOCK})" for level in range(LEVELS)),
)
OURS = (*OF_4, *(each.strip() for each in SINCE_5.split(";")))


class Made(msgspec.Struct, forbid_unknown_fields=False):
    """How a file is made; blobs are written as `x` and hexadecimal digits."""

    version: Any = FORMAT_VERSION
    tables: tuple[str, ...] = OURS
    rows: list[tuple[str, list[Any]]] = []
    """A statement with a question mark for each value, and the values."""

    flips: list[tuple[int, int]] = []
    """Where a byte is another, and which."""

    cut: int | None = None
    """How many bytes are left."""


RECORD = "INSERT INTO records VALUES (?, ?, ?)"
CLAIM = "INSERT INTO claims VALUES (?, ?, ?)"
BLOBS = [f"x{name.hex()}" for name in KNOWN]
ROWS = [
    ("INSERT INTO claims VALUES (?, ?, ?, ?)", [1, 0, 20000, BLOBS[2]]),
    ("INSERT INTO claims VALUES (?, ?, ?, ?)", [7, 1, 20000, BLOBS[3]]),
    ("INSERT INTO states VALUES (?, ?, ?)", [BLOBS[1], 2, 20000]),
    (
        "INSERT INTO segments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [1, 0, 1, 20000, 20000, 0, None, None, 0],
    ),
    ("INSERT INTO blocks_0 VALUES (?, ?)", [1 << 40, BLOBS[0]]),
    ("INSERT INTO filter VALUES (?, ?, ?, ?)", [131072, 0, 0, "x00"]),
    ("INSERT INTO facts VALUES (?, ?)", ["filter", "little 131072 1"]),
]
FULL = Made(
    rows=[
        *ROWS,
        ("INSERT INTO profiles VALUES (?, ?, ?)", [USERS[0], 1, 1]),
        ("INSERT INTO profiles VALUES (?, ?, ?)", [USERS[1], 1, 1]),
        ("INSERT INTO profile_claims VALUES (?, ?, ?)", [1, 0, f"x{CUT_OFF.hex()}"]),
        ("INSERT INTO profile_claims VALUES (?, ?, ?)", [2, 1, f"x{CUT_OFF.hex()}"]),
    ]
)
FOURTH = Made(4, OF_4, ROWS)
OLD_ROWS = [
    (RECORD, [BLOBS[0], 1, 20000]),
    (RECORD, [BLOBS[1], 2, 20000]),
    (CLAIM, [1, 0, BLOBS[2]]),
    (CLAIM, [7, 1, BLOBS[3]]),
]
THIRD = Made(3, (RECORDS, SECOND_CLAIMS, *OURS[:3]), OLD_ROWS)
SECOND = Made(2, (RECORDS, SECOND_CLAIMS), OLD_ROWS)
FIRST = Made(1, (RECORDS, FIRST_CLAIMS), [("INSERT INTO claims VALUES (?, ?)", [1, BLOBS[2]])])
OTHERS = Made(0, ("CREATE TABLE runs (id INTEGER PRIMARY KEY, state TEXT)",))


PROFILES = [ProfileChange(user, 1, 1) for user in USERS]


def file_of(content: bytes, folder: str) -> Path:
    """Make the file that an input describes."""
    path = Path(folder, "ledger.sqlite")
    try:
        made = msgspec.json.decode(content, type=Made)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        path.write_bytes(content)
        return path
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        for statement in [*made.tables, f"PRAGMA user_version = {made.version}"]:
            _try(database, statement, [])
        for statement, values in made.rows:
            _try(database, statement, [_value(value) for value in values])
    found = bytearray(path.read_bytes() if path.exists() else b"")
    for place, byte in made.flips:
        if found:
            found[place % len(found)] = byte % 256
    path.write_bytes(found[: made.cut])
    return path


def _try(database: sqlite3.Connection, statement: str, values: list[Any]) -> None:
    known = ("create ", "insert ", "pragma user_version")  # nothing that writes other files
    with suppress(sqlite3.Error, sqlite3.Warning, OverflowError, UnicodeEncodeError, ValueError):
        if statement.lower().startswith(known):
            database.execute(statement, values)


def _value(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("x"):
        with suppress(ValueError):
            return bytes.fromhex(value[1:])
    return str(value) if isinstance(value, (list, dict)) else value


def read(content: bytes) -> None:
    """Use a file as the ledger of two runs.

    - What is delivered by the first, the second knows.
    - A file that is not a ledger is left unchanged.

    Raises:
        Wrong: Where one of these does not hold.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = file_of(content[:MOST_BYTES], folder)
        before, is_ledger = path.read_bytes(), _is_ledger(path)
        try:
            _run(path, FRESH[:2])
        except CleverTapError:
            changed = path.read_bytes() != before or [*Path(folder).iterdir()] != [path]
            expect(is_ledger or not changed, "a file that is not a ledger is changed")
            return
        try:
            with closing(Ledger.open(str(path), "0" * 16, is_durable=False)) as ledger:
                claim = ledger.claim(NAMES, set(), resend=False)
                sent = ledger.profiles.accept(PROFILES, is_replay=False)
        except CleverTapError as error:
            expect("is damaged" in str(error), "a ledger that was used is not usable")
            return
        found = {claim.known.get(name) for name in FRESH[:2]}
        expect(found == {NameState.DELIVERED}, "what was delivered is forgotten")
        expect(sent == [False, True, True], "other profiles are taken for delivered")


def _run(path: Path, names: list[bytes]) -> None:
    with closing(Ledger.open(str(path), "0" * 16, is_durable=False)) as ledger:
        claim = ledger.claim([*KNOWN, *names], set(), resend=True)
        ledger.settle(claim, delivered=names, held=KNOWN[:1], remaining=KNOWN[1:2])
        ledger.settle(ledger.claim(FRESH[2:], set(names), resend=False), delivered=FRESH[2:])
        ledger.profiles.accept(PROFILES, is_replay=True)
        claim = ledger.profiles.claim(PROFILES)
        settled = [PROFILES[0], *map(ProfileChange, USERS[1:])]
        ledger.profiles.settle(claim, settled, is_whole=False)


def _is_ledger(path: Path) -> bool:
    """Return whether a file is empty, or a database that has a version or a ledger's tables."""
    if not path.stat().st_size:
        return True
    try:
        with closing(sqlite3.connect(f"file:{path}?immutable=1", uri=True)) as database:
            tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
            (version,) = database.execute("PRAGMA user_version").fetchone()
    except (sqlite3.Error, UnicodeDecodeError):
        return True  # damaged: SQLite itself may have begun to repair it
    return bool(version) or not tables or "claims" in tables


def _seeds() -> list[bytes]:
    made = [
        Made(),
        FULL,
        FOURTH,
        THIRD,
        SECOND,
        FIRST,
        OTHERS,
        Made(FORMAT_VERSION + 1),
        Made(tables=()),
    ]
    documents = [msgspec.json.encode(each) for each in made]
    with tempfile.TemporaryDirectory() as folder:
        whole = file_of(documents[1], folder).read_bytes()
    return [*documents, whole, b""]


READER = Reader("ledger_files", "document", _seeds(), read)
