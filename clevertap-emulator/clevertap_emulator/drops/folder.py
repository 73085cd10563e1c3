"""The folder of an SFTP server: manifests are taken in the order in which they appeared.

`dashboard/` in it stands for the dashboard's upload of a CSV [U:csv-upload].
"""

from __future__ import annotations

import asyncio
import logging
import os
import stat
from datetime import timedelta
from typing import TYPE_CHECKING

from clevertap_emulator.drops.dashboard import MOST_DASHBOARD_BYTES, dashboard_manifest
from clevertap_emulator.drops.data_file import MOST_BYTES, is_data_file
from clevertap_emulator.drops.imports import DataFileImport, Import, name_of
from clevertap_emulator.drops.manifest import ManifestError, read_manifest
from clevertap_emulator.drops.texts import INFRASTRUCTURE, NO_DATA_FILE
from clevertap_emulator.shown import shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path
    from typing import NoReturn

    from clevertap_emulator.drops.manifest import Manifest
    from clevertap_emulator.project import Project

    _Take = Callable[[Import, Path], Awaitable[None]]

SECONDS_BETWEEN_LOOKS = 0.1
TAKEN, FAILURES, DASHBOARD = "taken", "failures", "dashboard"
NOON = timedelta(hours=12)
"""Time of a date without one in the dashboard."""
logger = logging.getLogger(__name__)


class DropFolder:
    """Takes files out of a folder, as CleverTap sweeps them, and imports them one by one."""

    def __init__(self, project: Project, folder: Path) -> None:
        """Look at nothing yet."""
        self._project = project
        self._folder = folder
        self._stuck: set[tuple[str, int]] = set()

    async def watch(self) -> NoReturn:
        """Look for manifests, for ever."""
        while True:
            try:
                await self.look()
            except OSError as error:
                logger.warning("--drops: %s: %s", shown(self._folder), error.strerror)
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    async def look(self) -> None:
        """Take all that is there now."""
        for name in self._appeared(self._folder, ".manifest"):
            await self._guarded(self._take_manifest, self._folder / name)
        for name in self._appeared(self._folder / DASHBOARD, ".csv"):
            await self._guarded(self._take_dashboard_file, self._folder / DASHBOARD / name)

    def _appeared(self, folder: Path, suffix: str) -> list[str]:
        """Return the names of files, in the order in which they got these names."""
        if not folder.is_dir():
            return []
        found: list[tuple[int, str]] = []
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(suffix) and entry.is_file(follow_symlinks=False):
                    changed = entry.stat(follow_symlinks=False).st_ctime_ns
                    if (entry.path, changed) not in self._stuck:
                        found.append((changed, entry.name))
        return [name for _, name in sorted(found)]

    async def _guarded(self, take: _Take, path: Path) -> None:
        name = name_of(path)
        logged = self._project.journal.add_file(f"/{name}", "drop", "SFTP")
        made = Import(logged.number, name)
        self._project.imports.append(made)
        try:
            await take(made, path)
        except OSError as error:
            logger.warning("--drops: %s: %s", shown(path), error.strerror)
            made.refuse(INFRASTRUCTURE)
            self._leave(path)
        finally:
            made.end()

    def _leave(self, path: Path) -> None:
        """Do not look again at a file that could not be taken."""
        if path.exists():
            self._stuck.add((str(path), path.stat().st_ctime_ns))

    async def _take_manifest(self, made: Import, path: Path) -> None:
        form = self._project.settings.drops_manifest
        taken = self._taken(path)
        try:
            manifest = read_manifest(taken.read_bytes(), form)
        except ManifestError as error:
            made.mailed_to = error.mailed_to
            made.refuse(error.text)
            return
        made.mailed_to, made.kind = manifest.mailed_to, manifest.kind
        made.data_file = manifest.file_name
        data_file = path.parent / manifest.file_name
        if not is_data_file(manifest.file_name, form) or not _is_plain_file(data_file):
            made.refuse(NO_DATA_FILE)
            return
        await self._import(made, self._taken(data_file), manifest)

    async def _take_dashboard_file(self, made: Import, path: Path) -> None:
        made.data_file = name_of(path)
        taken = self._taken(path)
        manifest = dashboard_manifest(taken)
        if isinstance(manifest, str):
            made.refuse(manifest)
            return
        made.kind = manifest.kind
        await self._import(made, taken, manifest, is_dashboard=True)

    async def _import(
        self, made: Import, taken: Path, manifest: Manifest, *, is_dashboard: bool = False
    ) -> None:
        plain = manifest.file_name.removesuffix(".gz")
        failures = _free(self._folder / FAILURES / plain)
        if is_dashboard:
            running = DataFileImport(self._project, made, failures, NOON)
            await running.run(taken, manifest, MOST_DASHBOARD_BYTES)
        else:
            await DataFileImport(self._project, made, failures).run(taken, manifest, MOST_BYTES)

    def _taken(self, path: Path) -> Path:
        """Move a file away, to a name that no other has."""
        folder = self._folder / TAKEN
        folder.mkdir(exist_ok=True)
        return path.rename(_free(folder / path.name))


def _free(path: Path) -> Path:
    """Return a path where nothing is: this one, or one with a number before its suffix."""
    number, free = 1, path
    while os.path.lexists(free):
        number += 1
        first, dot, rest = path.name.partition(".")
        free = path.with_name(f"{first}-{number}{dot}{rest}")
    return free


def _is_plain_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
