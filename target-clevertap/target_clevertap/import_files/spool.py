"""The spool: records in the order they came, on the disk until a file with them is published."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from target_clevertap._plugin.shown import visible
from target_clevertap.errors import UploadStopped
from target_clevertap.import_files.cells import Cell
from target_clevertap.import_files.spool_file import IS_CLEAN, NAME, open_spool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from target_clevertap.import_files.cells import RecordRows

BEGUN, READY, DONE = "begun", "ready", "done"
"""Steps of a publication: its range is fixed; its files are whole; it is out."""

DELETED_AT_ONCE = 20_000
SELECT = """
SELECT id, cells FROM records WHERE pile = ? AND id BETWEEN ? AND ?
  AND id NOT IN (SELECT id FROM left_out) ORDER BY id
"""
DELETE = """
DELETE FROM records WHERE id IN (
  SELECT id FROM records WHERE pile = ? AND id BETWEEN ? AND ?
    AND id NOT IN (SELECT id FROM left_out) ORDER BY id LIMIT ?)
"""
LARGEST_ID = (1 << 63) - 1

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[list[Cell]]).decode


class Publication(NamedTuple):
    """A file on its way out of the spool."""

    number: int
    name: str
    """Of its files, without what follows the dot."""

    pile: str
    first: int
    """Number of its first record in the spool."""

    last: int
    step: str

    @property
    def kind(self) -> str:
        """`event` or `profile`."""
        return self.pile.partition("/")[0]


class FileSpool:
    """Records that wait; one thread at a time may use it.

    Each change is one transaction, and on the disk when its method returns.
    """

    def __init__(self, folder: Path) -> None:
        """Open or make the spool of a folder.

        Raises:
            SettingError: As `open_spool`.
        """
        self.path = folder / NAME
        self._database = open_spool(folder)
        self.size = self._sum("SELECT total(length(cells)) FROM records")
        """Bytes of the records, about."""

    @property
    def records(self) -> int:
        """How many records wait."""
        return self._sum("SELECT count(*) FROM records")

    @property
    def is_clean(self) -> bool:
        """Whether nothing waits, and no claim of the ledger is to be looked up in it."""
        return bool(self._sum(IS_CLEAN))

    def fact(self, key: str) -> str | None:
        """Return a fact's value; None where there is none."""
        with self.reported():
            found = self._database.execute("SELECT value FROM facts WHERE key = ?", (key,))
            row = found.fetchone()
        return None if row is None else str(row[0])

    def set_facts(self, facts: Mapping[str, str]) -> None:
        """Write facts down."""
        with self._transaction():
            self._database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", facts.items())

    def add(self, records: Iterable[RecordRows], names: bytes) -> None:
        """Take records at the end.

        Args:
            records: In their order.
            names: Theirs in the ledger, end to end.

        Raises:
            UploadStopped: When the disk does not take them; then none is taken.
        """
        encoded = [(each.pile, _encode(each.rows)) for each in records]
        with self._transaction():
            self._database.executemany("INSERT INTO records (pile, cells) VALUES (?, ?)", encoded)
            if names:
                self._database.execute("INSERT INTO claims (names) VALUES (?)", (names,))
        self.size += sum(len(cells) for _, cells in encoded)

    def piles(self) -> list[str]:
        """Return the piles that have records, those of profiles first."""
        with self.reported():
            found = self._database.execute("SELECT DISTINCT pile FROM records").fetchall()
        return sorted((pile for (pile,) in found), reverse=True)

    def scan(
        self, pile: str, first: int = 0, last: int = LARGEST_ID
    ) -> Iterator[tuple[int, list[list[Cell]]]]:
        """Yield numbers and rows of records of a pile that are not left out, in their order."""
        with self.reported():
            for number, cells in self._database.execute(SELECT, (pile, first, last)):
                yield number, _decode(cells)

    def publication(self) -> Publication | None:
        """Return the publication on its way; None where there is none."""
        with self.reported():
            row = self._database.execute(
                "SELECT number, name, pile, first, last, step FROM publications"
            ).fetchone()
        return None if row is None else Publication(*row)

    def begin(self, name: str, pile: str, ids: tuple[int, int], left_out: Iterable[int]) -> None:
        """Fix which records a publication has.

        Args:
            name: Of its files; a number follows, so that sorted names are in their order.
            pile: Of its records.
            ids: Of its first record and its last.
            left_out: Those between that are not in it.
        """
        with self._transaction():
            self._database.executemany(
                "INSERT INTO left_out VALUES (?)", ((each,) for each in left_out)
            )
            row = self._database.execute(
                "INSERT INTO publications (name, pile, first, last, step) VALUES (?, ?, ?, ?, ?)",
                (name, pile, *ids, BEGUN),
            )
            self._database.execute(
                "UPDATE publications SET name = ? WHERE number = ?",
                (f"{name}-{row.lastrowid:09}", row.lastrowid),
            )

    def set_step(self, publication: Publication, step: str) -> None:
        """Write down how far a publication is."""
        with self._transaction():
            self._database.execute(
                "UPDATE publications SET step = ? WHERE number = ?", (step, publication.number)
            )

    def clear(self, publication: Publication) -> None:
        """Delete the records of a publication that is done, and then the publication."""
        given = (publication.pile, publication.first, publication.last, DELETED_AT_ONCE)
        deleted = DELETED_AT_ONCE
        while deleted == DELETED_AT_ONCE:
            with self._transaction():
                deleted = self._database.execute(DELETE, given).rowcount
        self.drop(publication)
        self.size = self._sum("SELECT total(length(cells)) FROM records")

    def drop(self, publication: Publication) -> None:
        """Forget a publication; records that are there wait for another."""
        with self._transaction():
            self._database.execute("DELETE FROM left_out")
            self._database.execute(
                "DELETE FROM publications WHERE number = ?", (publication.number,)
            )

    def discard(self) -> None:
        """Forget all records."""
        with self._transaction():
            self._database.execute("DELETE FROM records")
        self.size = 0

    def claimed(self) -> Iterator[bytes]:
        """Yield the names of claims in the spool, those of each end to end."""
        with self.reported():
            for (names,) in self._database.execute("SELECT names FROM claims"):
                yield names

    def forget_claims(self) -> None:
        """Forget them: the ledger knows what became of these names."""
        with self._transaction():
            self._database.execute("DELETE FROM claims")

    def doubtful(self) -> set[bytes]:
        """Return the names that requests of an earlier run left uncertain."""
        with self.reported():
            return {name for (name,) in self._database.execute("SELECT name FROM doubtful")}

    def set_doubtful(self, names: Iterable[bytes]) -> None:
        """Note the names that requests of an earlier run left uncertain."""
        with self._transaction():
            self._database.execute("DELETE FROM doubtful")
            self._database.executemany(
                "INSERT INTO doubtful VALUES (?)", ((name,) for name in names)
            )

    def close(self) -> None:
        """Close the spool, which another run may then use.

        All that counts is on the disk before. So what fails here is for the next run to refuse.
        """
        with suppress(sqlite3.Error, UploadStopped):
            if self.is_clean:
                self._database.execute("VACUUM")
        with suppress(sqlite3.Error):
            self._database.close()

    @contextmanager
    def reported(self) -> Iterator[None]:
        """Stop the run where the spool cannot be read or written.

        Raises:
            UploadStopped: In place of SQLite's errors, and of those of records in it.
        """
        try:
            yield
        except sqlite3.Error as error:
            message = (
                f"files_path: the spool {visible(str(self.path))} cannot be used "
                f"({visible(str(error))}), so no state passes what is in it; free space, and run "
                "again"
            )
            raise UploadStopped(message) from None
        except msgspec.MsgspecError:
            message = (
                f"files_path: the spool {visible(str(self.path))} is damaged: a record in it "
                "cannot be read; restore it, or set another files_path and a new ledger_path: "
                "what came since the last state comes again"
            )
            raise UploadStopped(message) from None

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self.reported():
            self._database.execute("BEGIN")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # SQLite itself has undone it after some errors
                    self._database.execute("ROLLBACK")
                raise

    def _sum(self, query: str) -> int:
        with self.reported():
            return int(self._database.execute(query).fetchone()[0])
