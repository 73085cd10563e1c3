"""What all kinds of files are written with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clevertap_emulator.files.columns import ChosenColumns
from clevertap_emulator.files.damage import Damage
from clevertap_emulator.files.names import FileNames
from clevertap_emulator.files.rows import Users
from clevertap_emulator.files.runs import runs_of
from clevertap_emulator.files.world import World
from clevertap_emulator.files.writing import packed, write_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from clevertap_emulator.files.settings import ExportSettings
    from clevertap_emulator.settings import Settings


class FileWriter:
    """Writes files below a folder, some of them damaged, and counts what was written."""

    def __init__(self, folder: Path, settings: ExportSettings) -> None:
        self._folder = folder
        self._settings = settings
        self.damage = Damage(settings)
        self.keys: list[str] = []
        self.rows = 0

    def write(self, key: str, rows: Sequence[Any], content: Callable[..., Iterable[bytes]]) -> None:
        """Write a file of rows, packed or not.

        Args:
            key: Of the file.
            rows: All of its rows.
            content: Yields the bytes of some rows.
        """
        is_packed = self._settings.is_packed
        whole = (lambda some: packed(content(some))) if is_packed else content
        write_file(self._folder / key, self.damage.damaged(key, rows, whole))
        self.keys.append(key)
        self.rows += len(rows)


class ExportParts:
    """The history, the runs, and what turns them into files.

    Args:
        history: Settings of the history.
        settings: Of the files.
        folder: For the files.
        take_line: Takes each line of the truth, without its end; None for no truth.

    Raises:
        ValueError: Settings do not go together.
    """

    def __init__(
        self,
        history: Settings,
        settings: ExportSettings,
        folder: Path,
        take_line: Callable[[bytes], object] | None,
    ) -> None:
        self.settings = settings
        self.take_line = take_line
        self.world = World(history, settings)
        self.runs = runs_of(self.world, settings)
        self.names = FileNames(settings)
        self.columns = ChosenColumns(settings)
        self.users = Users(self.world.people)
        self.files = FileWriter(folder, settings)
