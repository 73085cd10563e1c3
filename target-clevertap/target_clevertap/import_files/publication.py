"""Publishing what is in the spool, file by file, so that a kill at any moment repeats nothing.

1. The spool notes the range of records and the name of the files.
2. The data file is written, and takes its name.
3. The manifest is written under a temporary name, and the spool notes that all is ready.
4. The manifest takes its name: CleverTap begins.
5. The spool notes that it is done, and deletes the records.

Before the note of step 3 all is done again, under the same name. After it, a temporary manifest
that is there is renamed; one that is not there has been renamed: CleverTap may have taken it away.
For the dashboard the data file is in the manifest's place.
"""

from __future__ import annotations

import logging
import os
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from target_clevertap import private_files
from target_clevertap.config.import_files import SFTP
from target_clevertap.import_files.cells import CellType
from target_clevertap.import_files.local import cannot_write
from target_clevertap.import_files.manifest import data_type, manifest
from target_clevertap.import_files.planning import CHECKED_EACH, Plan, plan_file, table_of
from target_clevertap.import_files.spool import BEGUN, DONE, READY
from target_clevertap.import_files.table import header_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from target_clevertap.import_files.destination import Destination
    from target_clevertap.import_files.spool import FileSpool, Publication
    from target_clevertap.import_files.table import Column, Table

TEMPORARY = ".part"
TEXTS = (CellType.TEXT, CellType.NONE)
WRITTEN_AT_ONCE = 1 << 20
FILE_WORDS = {"event": "events", "profile": "profiles"}
logger = logging.getLogger("target-clevertap")


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A data file that is out; of one finished after a kill only the name is known."""

    name: str
    rows: int
    size: int


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes the records of a spool; one thread uses it."""

    spool: FileSpool
    folder: Path
    """Where files are made."""

    destination: Destination
    files_for: str
    email: str
    most_bytes: int
    """Of a file."""

    count: Callable[[PublishedFile], None]
    """Is told of each file that is out."""

    def publish(self, check: Callable[[], None]) -> None:
        """Publish all records.

        Args:
            check: Called now and then; raises where the run is to end.

        Raises:
            UploadStopped: When a file cannot be written or brought to its place.
        """
        self.resume(check)  # it has the destination watch, too
        for pile in self.spool.piles():
            while (plan := plan_file(self.spool, pile, self.most_bytes, check)) is not None:
                self._begin(pile, plan)
                publication = self.spool.publication()
                assert publication is not None  # noqa: S101 - just begun
                self._write(publication, plan.table, check)

    def resume(self, check: Callable[[], None]) -> None:
        """Bring the publication that a run left to its end.

        Args:
            check: As for `publish`.

        Raises:
            UploadStopped: As `publish`.
        """
        self.destination.watch(check)
        publication = self.spool.publication()
        if publication is None:
            return
        if publication.step == BEGUN:
            self._write(publication, table_of(self.spool, publication, check), check)
            return
        if publication.step == READY:
            self._rename(publication)
            self.count(PublishedFile(f"{publication.name}.csv", 0, 0))
        self._clear(publication)

    def withdraw(self) -> None:
        """Forget the publication that a run left, unless it is out; its records wait again.

        Raises:
            UploadStopped: When nobody can tell whether it is out.
        """
        publication = self.spool.publication()
        if publication is None:
            return
        is_out = publication.step == DONE or (
            publication.step == READY
            and not self.destination.exists(self._temporary(self._last_name(publication)))
        )
        if is_out:
            self._clear(publication)
            return
        self._remove_temporary(publication)
        with suppress(OSError):  # a data file without its manifest
            (self.folder / f"{publication.name}.csv").unlink()
        self.spool.drop(publication)

    def _begin(self, pile: str, plan: Plan) -> None:
        kind = FILE_WORDS[pile.partition("/")[0]]
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        name = f"clevertap-{kind}-{moment}-{self.spool.fact('id')}"
        self.spool.begin(name, pile, (plan.first, plan.last), plan.left_out)

    def _write(self, publication: Publication, table: Table, check: Callable[[], None]) -> None:
        data_name = f"{publication.name}.csv"
        size = self._make(data_name, self._lines(publication, table, check))
        self.destination.put(self._local(data_name), self._temporary(data_name))
        if self.files_for == SFTP:
            self.destination.rename(self._temporary(data_name), data_name)
            name = f"{publication.name}.manifest"
            columns = table.columns.values()
            content = manifest(data_name, publication.kind, self.email, columns)
            self._make(name, [content])
            self.destination.put(self._local(name), self._temporary(name))
        self.spool.set_step(publication, READY)
        self._rename(publication)
        self.spool.set_step(publication, DONE)
        self.count(PublishedFile(data_name, table.rows, size))
        self._log(data_name, table)
        self._clear(publication)

    def _rename(self, publication: Publication) -> None:
        name = self._last_name(publication)
        if self.destination.exists(self._temporary(name)):
            self.destination.rename(self._temporary(name), name)

    def _clear(self, publication: Publication) -> None:
        self.spool.clear(publication)
        self._remove_temporary(publication)

    def _lines(
        self, publication: Publication, table: Table, check: Callable[[], None]
    ) -> Iterator[bytes]:
        lines = table.lines()
        yield lines.header.encode()
        records = self.spool.scan(publication.pile, publication.first, publication.last)
        for number, rows in records:
            if number % CHECKED_EACH == 0:
                check()
            for row in rows:
                yield lines.line(row).encode()

    def _make(self, name: str, parts: Iterable[bytes]) -> int:
        """Write a file under its temporary name, and return its size."""
        path = self._local(name)
        try:
            descriptor = private_files.open_private(path, os.O_WRONLY | os.O_TRUNC)
            with os.fdopen(descriptor, "wb", WRITTEN_AT_ONCE) as file:
                file.writelines(parts)
                file.flush()
                os.fsync(file.fileno())
                return file.tell()
        except OSError as error:
            with suppress(OSError):
                path.unlink()  # what is left of it would keep the disk full
            raise cannot_write(self.folder, name, error) from None

    def _remove_temporary(self, publication: Publication) -> None:
        for ending in ("csv", "manifest"):
            with suppress(OSError):
                self._local(f"{publication.name}.{ending}").unlink()

    def _last_name(self, publication: Publication) -> str:
        """Return the name of the file that begins the import."""
        return f"{publication.name}.{'manifest' if self.files_for == SFTP else 'csv'}"

    def _local(self, name: str) -> Path:
        return self.folder / self._temporary(name)

    @staticmethod
    def _temporary(name: str) -> str:
        return f".{name}{TEMPORARY}"

    def _log(self, name: str, table: Table) -> None:
        logger.info("published %s with %d rows", name, table.rows)
        if self.files_for == SFTP:
            return
        columns = [each for each in table.columns.values() if each.type not in TEXTS]
        if columns:
            listed = ", ".join(map(_described, columns))
            logger.info("of %s, give these columns their types in the dashboard: %s", name, listed)


def _described(column: Column) -> str:
    kind = "DATE" if column.type == CellType.DATE else data_type(column)
    return f"{header_of(column)!r} {kind}"
