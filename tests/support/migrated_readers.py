"""The guides of readers, on any database: their SQL finds what the other tool lost or doubled."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from tests.support.migrations import (
    HEVO,
    INGESTR,
    INGESTR_PROFILES,
    LAST_CLOSED,
    SCRIPT,
    api_row,
    with_gaps,
)
from tests.support.pages import block, every

if TYPE_CHECKING:
    from tests.support.migration_tables import DuckTables

    Records = dict[str, list[dict[str, Any]]]


def _names(records: Records) -> tuple[str, str]:
    """Return a rare and a frequent name of events."""
    counts = Counter(each["event_name"] for each in closed(records))
    ordered = [name for name, _ in counts.most_common()]
    return ordered[-1], ordered[0]


def closed(records: Records) -> list[dict[str, Any]]:
    """Return the events of days that are over."""
    return [each for each in records["events"] if each["ts"] // 1000000 <= LAST_CLOSED]


def _compared(tables: DuckTables) -> tuple[list[Any], list[Any]]:
    """Return both results of the page that compares: by event and day, and row by row."""
    first, second = every("docs/comparing-two-readers.md", "sql")
    return tables.run(first.text), tables.run(second.text)


def _check_gaps(
    tables: DuckTables, records: Records, unknown: str, doubled: str, merged: set[str]
) -> None:
    by_day, rows = _compared(tables)
    missing: Counter[str] = Counter()
    extra: Counter[str] = Counter()
    for name, _, old, new, counted, lost, twice in by_day:
        assert new == counted, name
        assert old == new - lost + twice, name
        missing[name] += lost
        extra[name] += twice
    of_closed = Counter(each["event_name"] for each in closed(records))
    assert missing[unknown] == of_closed[unknown]
    assert {name for name, lost in missing.items() if lost} == {unknown, *merged}
    assert {name for name, twice in extra.items() if twice} == {doubled}
    assert len(rows) >= len(by_day)
    assert sum(abs(new - old) for *_, old, new in rows) == sum((missing + extra).values())


def check_agreement(tables: DuckTables, records: Records) -> None:
    """Check that two complete readings have no difference."""
    rows = [api_row(each) for each in records["events"]]
    tables.make("hevo.events", HEVO, rows)
    tables.run(block("docs/migrate-hevo.md", "Compare", "sql"))
    assert _compared(tables) == ([], [])


def check_hevo(tables: DuckTables, records: Records) -> None:
    """Check the guide for Hevo, and that its dashboards go on."""
    unknown, doubled = _names(records)
    gappy, merged = with_gaps(records["events"], unknown, doubled)
    archived = {**api_row(gappy[0]), "event_name": "Old", "ts": 20260701120000}
    rows = [{**api_row(each), "__hevo_id": str(at)} for at, each in enumerate(gappy)]
    tables.make("hevo.events", HEVO, [*rows, {**archived, "__hevo_id": "archived"}])
    views, names = every("docs/migrate-hevo.md", "sql")
    tables.run(views.text)
    _check_gaps(tables, records, unknown, doubled, merged)
    tables.run(names.text)
    own = {"__hevo__ingested_at", "__hevo__loaded_at"}
    assert tables.columns("hevo_names.events") == tables.columns("hevo.events") - own
    query = "SELECT count(*), count(DISTINCT __hevo_id) FROM hevo_names.events"
    assert tables.run(query) == [(len(records["events"]) + 1,) * 2]
    identities = "SELECT count(DISTINCT profile ->> 'identity') FROM %s WHERE ts >= 20260830000000"
    expected = len({each["identity"] for each in records["events"]} - {None})
    assert tables.run(identities % "hevo_names.events") == [(expected,)]


def check_ingestr(tables: DuckTables, records: Records) -> None:
    """Check the guide for ingestr out of CleverTap, and that its dashboards go on."""
    unknown, doubled = _names(records)
    gappy, merged = with_gaps(records["events"], unknown, doubled)
    rows = [{**each, "ts": each["event_time"], "profile": {}} for each in gappy]
    timeless = [{"event_name": "Odd", "ts": None, "identity": "u"}] * 3
    tables.make("ingestr.events", INGESTR, [*rows, *timeless])
    theirs, lost = records["profiles"][1:], records["profiles"][0]
    tables.make("ingestr.profiles", INGESTR_PROFILES, [*theirs, {"identity": "theirs"}])
    views, without_time, users, names, _ = every("docs/migrate-ingestr.md", "sql")
    tables.run(views.text)
    _check_gaps(tables, records, unknown, doubled, merged)
    assert tables.run(without_time.text) == [("Odd", 3)]
    expected = {(lost["identity"], "missing in ingestr"), ("theirs", "missing here")}
    assert set(tables.run(users.text)) == expected
    tables.run(names.text)
    own = {"_ingestr_loaded_at", "_ingestr_run_id", "profile"}
    assert tables.columns("ingestr_names.events") == tables.columns("ingestr.events") - own
    own = {"object_id"}
    assert tables.columns("ingestr_names.profiles") == tables.columns("ingestr.profiles") - own


def check_script(tables: DuckTables, records: Records) -> None:
    """Check the guide for a script that reads, and that its readers go on."""
    unknown, doubled = _names(records)
    gappy, merged = with_gaps(records["events"], unknown, doubled)
    tables.make("script.events", SCRIPT, [api_row(each) for each in gappy])
    views, names = every("docs/migrate-scripts.md", "sql")
    tables.run(views.text)
    by_day, _ = _compared(tables)
    found = {name for name, *_ in by_day}
    assert found == {doubled, *merged}  # an event that the script does not read is not compared
    tables.run(names.text)
    assert tables.columns("script_names.events") == tables.columns("script.events")
