"""The base of streams that are off by default."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_clevertap.streams.base import CleverTapStream
from tap_clevertap.streams.meltano_selection import is_selected_by_name

if TYPE_CHECKING:
    from singer_sdk import Tap
    from singer_sdk.singerlib import MetadataMapping

    from tap_clevertap.run import RunContext


class OptionalStream(CleverTapStream):
    """A stream that is off until it is selected in the catalog, or by the setting `select`.

    Meltano's pattern for all streams does not select it.
    """

    def __init__(self, tap: Tap, run: RunContext) -> None:
        super().__init__(tap, run)
        self.selected_by_default = self.name in (self.config.get("select") or ())

    @property
    @override
    def metadata(self) -> MetadataMapping:
        found = super().metadata
        if self.selected_by_default and not found.root.selected:
            for each in found.values():
                each.selected = True
        return found

    @property
    def is_named(self) -> bool:
        """Whether more selects it than Meltano's pattern for all streams."""
        return self.selected_by_default or is_selected_by_name(self.name, os.environ)
