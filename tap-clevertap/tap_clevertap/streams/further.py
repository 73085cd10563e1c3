"""The base of the further streams: left out if CleverTap does not give them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from typing_extensions import override

from tap_clevertap.errors import (
    CleverTapError,
    CredentialsError,
    HostError,
    SettingError,
    StateError,
    SystemLimitError,
)
from tap_clevertap.exports.export import EVENTS
from tap_clevertap.exports.windows import Window, first_day_to_read
from tap_clevertap.lookups.lookup import Answer, Lookup
from tap_clevertap.records.lists import list_record, read_body, rows_of
from tap_clevertap.state.bookmarks import Bookmark
from tap_clevertap.streams.optional import OptionalStream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from singer_sdk.helpers.types import Context, Record

    from tap_clevertap.records.lists import SentField

ENDS_THE_RUN = (CredentialsError, HostError, SettingError, StateError, SystemLimitError)
LOOKBACK_DAYS = 30
"""Days that reports are read again: their counts grow for long after their day. [LEA]"""
NOT_THE_API = "the response is not the one of CleverTap's API"


class FurtherStream(OptionalStream):
    """Reads a list or report of the project in each run.

    - If CleverTap refuses it, for example because the project lacks the feature, the stream is left
      out with a warning, and the run goes on. Refused credentials end the run.
    - Everything runs in the main thread.
    """

    endpoint = EVENTS
    """Of the base; no export is opened."""
    columns: ClassVar[Mapping[str, SentField]]
    """Of each record."""

    @override
    def get_records(self, context: Context | None) -> Iterator[Record]:
        self._select_events()
        self._mark_state()
        self._run.progress.figures = partial(self._figures, ())
        try:
            yield from self._read()
            self._mark_state_changed()
        except ENDS_THE_RUN:
            raise
        except CleverTapError as failure:
            if not self._run.client.contacted:
                raise
            self.logger.warning("%s is left out: %s", self.name, failure.message)

    def _read(self) -> Iterator[Record]:
        """Yield the records.

        Raises:
            CleverTapError: The reason to leave the stream out.
        """
        raise NotImplementedError

    # Requests

    def _ask(self, lookups: Iterable[Lookup]) -> Iterator[Answer]:
        for answer in self._answers(lookups):
            if isinstance(answer, Answer):
                yield answer

    def _lookup(
        self,
        method: str,
        target: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        about: Any = None,  # noqa: ANN401 - what the caller needs
    ) -> Lookup:
        patience = self._run.settings.not_ready_patience
        return Lookup(method, target, params, body, about=about, patience=patience)

    def _body(self, answer: Answer) -> Record:
        if answer.refused is not None:
            message = (
                f"{answer.lookup.target}: CleverTap refuses it ({answer.refused.reason}); the "
                "project may lack the feature, else ask CleverTap's support"
            )
            raise CleverTapError(message)
        body = read_body(answer.content)
        if body is None:
            raise self._not_the_api(answer)
        return body

    def _listed(self, answer: Answer, name: str) -> list[Record]:
        """Return the rows of a list in an answer, as sent."""
        rows = rows_of(self._body(answer), name)
        if rows is None:
            raise self._not_the_api(answer)
        return rows

    def _record(self, row: Record) -> Record:
        record = list_record(row, self.columns)
        for key in self.primary_keys:
            if record[key] is None:
                message = (
                    f"{self.name}: a row has no readable {key}; look for a newer release of "
                    "tap-clevertap"
                )
                raise CleverTapError(message)
        return record

    def _not_the_api(self, answer: Answer) -> CleverTapError:
        message = f"{answer.lookup.target}: {NOT_THE_API}; check that api_url is CleverTap's"
        return CleverTapError(message)

    # State

    @override
    def events_read_before(self) -> set[str]:
        return set(self.stream_state.get("events", ()))

    def _bookmark(self) -> Bookmark:
        return Bookmark(self.stream_state, today=self._run.settings.today)

    def _days_to_read(self, bookmark: Bookmark) -> Window:
        """Return the days of this run: those not closed, and a look-back of 30 days or more."""
        settings = self._run.settings
        first = first_day_to_read(
            start=settings.start,
            first_day=bookmark.first_day,
            last_closed_day=bookmark.last_closed_day,
            today=settings.today,
            lookback_days=max(LOOKBACK_DAYS, settings.lookback_days),
        )
        if self.replication_method == REPLICATION_FULL_TABLE:
            first = settings.start
        elif bookmark.first_day is not None and bookmark.first_day <= settings.start:
            first = max(first, bookmark.first_day)
        return Window(first, settings.end)

    def _close(self, bookmark: Bookmark, window: Window) -> None:
        yesterday = self._run.settings.yesterday
        if bookmark.close_window(window, closed_through=yesterday):
            self.stream_state["replication_key"] = self.replication_key
            self._mark_state_changed()
