"""The ledger."""

from __future__ import annotations

import random
import sqlite3
import stat
from contextlib import ExitStack, closing

import pytest

from target_clevertap.errors import SettingError, UploadStopped
from target_clevertap.ledger import file, merging, name_tables, pending, saved_filter, upkeep
from target_clevertap.ledger import filter as filters
from target_clevertap.ledger import ledger as ledgers
from target_clevertap.ledger.claim import Former, NameState
from target_clevertap.ledger.filter import NameFilter
from target_clevertap.ledger.ledger import Ledger

ACCOUNT = "0123456789abcdef"


def name(number):
    return number.to_bytes(16, "big")


NAMES = [name(number) for number in range(3000)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def opened():
    with ExitStack() as running:

        def open_ledger(path):
            ledger = Ledger.open(str(path), ACCOUNT, is_durable=False)
            running.callback(ledger.close)
            return ledger

        yield open_ledger


def rows(ledger, table):
    (found,) = ledger._database.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    return found


@pytest.mark.parametrize("count", [0, 1, 4095, 4096, 4097, 9001])
def test_any_number_of_names_is_written_and_found(opened, path, count):
    ledger, names = opened(path), [name(number) for number in range(count)]
    ledger._names.set_state(names, NameState.HELD)
    assert rows(ledger, "states") == count
    assert ledger._names.states([*names, name(10**6)]) == dict.fromkeys(names, NameState.HELD)


def test_the_file_is_for_its_owner_only(opened, path):
    opened(path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_names_are_remembered_between_runs(opened, path):
    ledger = opened(path)
    claim = ledger.claim(NAMES, set(), resend=True)
    assert claim.known == {}
    ledger.settle(claim, delivered=NAMES[:1000], held=NAMES[1000:1001])
    ledger.close()
    ledger = opened(path)
    assert (rows(ledger, "claims"), rows(ledger, "states")) == (1, 1)
    known = ledger.claim(NAMES, set(), resend=True).known
    assert known == {
        **dict.fromkeys(NAMES[:1000], NameState.DELIVERED),
        NAMES[1000]: NameState.HELD,
    }


def test_a_delivery_outlasts_what_is_held_of_the_same_batch(opened, path):
    ledger = opened(path)
    claim = ledger.claim(NAMES[:2], set(), resend=True)
    ledger.settle(claim, delivered=NAMES[:2])
    ledger.settle(claim, held=NAMES[2:3])
    ledger.close()
    known = opened(path).claim(NAMES[:3], set(), resend=True).known
    assert known == {**dict.fromkeys(NAMES[:2], NameState.DELIVERED), NAMES[2]: NameState.HELD}


def test_what_is_reported_of_a_claim_that_ended_is_not_of_the_next_one(opened, path):
    ledger = opened(path)
    ended = ledger.claim(NAMES[:1], set(), resend=True)
    ledger.settle(ended)
    ledger.claim(NAMES[1:2], set(), resend=True)
    ledger.settle(ended, held=NAMES[2:3])
    ledger.close()
    known = opened(path).claim(NAMES[:3], set(), resend=False).known
    assert known == {NAMES[1]: NameState.INTENT, NAMES[2]: NameState.HELD}


def test_what_a_kill_left_on_its_way_is_an_intent(opened, path):
    ledger = opened(path)
    claim = ledger.claim(NAMES[:3], set(), resend=True)
    ledger.settle(claim, delivered=NAMES[:1], remaining=NAMES[1:3])
    ledger.close()
    ledger = opened(path)
    assert ledger.claim(NAMES[:4], set(), resend=False).known == {
        NAMES[0]: NameState.DELIVERED,
        NAMES[1]: NameState.INTENT,
        NAMES[2]: NameState.INTENT,
    }
    assert ledger.claim(NAMES[1:2], set(), resend=True).known == {}


def test_an_intent_that_is_sent_again_and_refused_is_forgotten(opened, path):
    opened_first = opened(path)
    opened_first.claim(NAMES[:1], set(), resend=True)
    opened_first.close()
    ledger = opened(path)
    ledger.settle(ledger.claim(NAMES[:1], set(), resend=True))
    ledger.close()
    assert opened(path).claim(NAMES[:1], set(), resend=False).known == {}


def test_on_purpose_all_but_delivered_records_are_sent_again(opened, path):
    ledger = opened(path)
    claim = ledger.claim(NAMES[:2], set(), resend=True)
    ledger.settle(claim, delivered=NAMES[:1], held=NAMES[1:2])
    claim = ledger.claim(NAMES[:2], set(NAMES[:2]), resend=False)
    assert claim.known == {NAMES[0]: NameState.DELIVERED}


def test_a_former_name_is_found_and_used_up_where_it_was_that_of_one_row(opened, path):
    ledger = opened(path)
    ledger.settle(ledger.claim(NAMES[:3], set(), resend=True), delivered=NAMES[:2], held=[NAMES[2]])
    former = {NAMES[10]: Former(NAMES[0], is_of_one=True), NAMES[11]: Former(NAMES[0])}
    former |= {
        NAMES[12]: Former(NAMES[1]),
        NAMES[13]: Former(NAMES[2]),
        NAMES[14]: Former(NAMES[9]),
    }
    ledger.close()
    ledger = opened(path)
    known = ledger.claim(NAMES[10:15], set(), resend=True, former=former).known
    assert known == {
        NAMES[10]: NameState.DELIVERED,
        NAMES[12]: NameState.DELIVERED,
        NAMES[13]: NameState.HELD,
    }
    ledger.close()
    known = opened(path).claim([NAMES[0], *NAMES[10:14]], set(), resend=False).known
    assert known == {
        NAMES[10]: NameState.DELIVERED,
        NAMES[11]: NameState.INTENT,
        NAMES[12]: NameState.DELIVERED,
        NAMES[13]: NameState.HELD,
    }


def test_a_second_run_with_the_same_file_is_reported(opened, path, monkeypatch):
    monkeypatch.setattr(file, "LOCK_SECONDS", 0.1)
    first = opened(path)
    with pytest.raises(SettingError, match="in use by another run"):
        opened(path)
    first.close()
    opened(path).close()


def test_a_database_of_something_else_is_left_alone(opened, path):
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE runs (id INTEGER PRIMARY KEY)")
    before = path.read_bytes()
    with pytest.raises(SettingError, match="but not a ledger"):
        opened(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "damage",
    [
        "DROP TABLE states",
        "INSERT INTO claims VALUES (1, 1, 0, 'text')",
        "INSERT INTO claims VALUES (1, 7, 0, x'00112233445566778899aabbccddeeff')",
        "INSERT INTO claims VALUES (1, 1, 0, x'0011')",
        "INSERT INTO claims VALUES (9223372036854775807, 1, 0, x'')",
    ],
)
def test_a_ledger_that_no_run_left_so_is_refused_with_advice(opened, path, damage):
    opened(path).close()
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute(damage)
    with pytest.raises(SettingError, match=r"is damaged .*; restore a copy"):
        opened(path)


def test_names_that_are_held_beside_a_wholly_delivered_claim_are_kept(opened, path):
    ledger = opened(path)
    claim = ledger.claim(NAMES[:1], set(), resend=False)
    ledger.settle(claim, delivered=NAMES[:1], held=NAMES[1:2])
    known = ledger.claim(NAMES[:2], set(), resend=False).known
    assert known == {NAMES[0]: NameState.DELIVERED, NAMES[1]: NameState.HELD}
    ledger.close()


def test_a_file_that_is_no_ledger_is_left_alone(opened, path):
    path.write_text("name,email\n" * 1000)
    with pytest.raises(SettingError, match="ledger_path"):
        opened(path)
    assert path.read_text().startswith("name,email")


def test_a_write_that_fails_does_not_keep_other_writes_out(path):
    ledger = Ledger.open(str(path), ACCOUNT, is_durable=False)
    failing, working = (ledger.claim([each], set(), resend=True) for each in NAMES[:2])
    ledger._database.execute(
        f"CREATE TEMP TRIGGER full BEFORE UPDATE ON claims WHEN new.names = x'{NAMES[0].hex()}' "
        "BEGIN SELECT RAISE(ABORT, 'no room'); END"
    )
    with pytest.raises(UploadStopped, match="cannot be written"):
        ledger.settle(failing, delivered=NAMES[:1])
    ledger.settle(working, delivered=[NAMES[1]])
    assert ledger.claim([NAMES[1]], set(), resend=True).known == {NAMES[1]: NameState.DELIVERED}
    ledger.close()


def deliver(ledger, names):
    ledger.settle(ledger.claim(names, set(), resend=True), delivered=names)


def hashes(*seed, count):
    return [random.Random(f"{seed} {number}").randbytes(16) for number in range(count)]


def check_known(ledger, names):
    """Check that all names are delivered, asking for as many as a request has."""
    for first in range(0, len(names), 1000):
        some = names[first : first + 1000]
        claim = ledger.claim(some, set(), resend=False)
        assert claim.known == dict.fromkeys(some, NameState.DELIVERED)


@pytest.fixture
def small_steps(monkeypatch):
    """Have segments of few names, so that a test sees many of them."""
    monkeypatch.setattr(merging, "FAN_IN", 8)
    monkeypatch.setattr(pending, "MOST_NAMES", 60)
    monkeypatch.setattr(upkeep, "NAMES_AT_ONCE", 100)
    monkeypatch.setattr(upkeep, "NAMES_A_STEP", 20)
    monkeypatch.setattr(upkeep, "NAMES_A_LARGE_STEP", 50)


def test_what_is_delivered_waits_in_its_claim_until_a_segment_is_made(opened, path, monkeypatch):
    monkeypatch.setattr(pending, "MOST_NAMES", 1000)
    ledger = opened(path)
    names = hashes(count=1400)
    for first in range(0, 900, 100):
        deliver(ledger, names[first : first + 100])
    assert (rows(ledger, "claims"), rows(ledger, "segments")) == (9, 0)
    for first in range(900, 1400, 100):
        deliver(ledger, names[first : first + 100])
        check_known(ledger, names[: first + 100])
    assert (rows(ledger, "claims"), rows(ledger, "segments")) == (4, 1)


@pytest.mark.usefixtures("small_steps")
def test_short_runs_leave_few_claims_and_few_segments(opened, path):
    every = []
    for number in range(90):
        ledger = opened(path)
        assert rows(ledger, "claims") < 60 / 7
        names = hashes(number, count=7)
        deliver(ledger, names)
        every += names
        ledger.close()
    ledger = opened(path)
    assert rows(ledger, "segments") < 10
    check_known(ledger, every)


@pytest.mark.usefixtures("small_steps")
def test_merging_goes_on_where_a_run_that_was_too_short_left_it(opened, path, monkeypatch):
    monkeypatch.setattr(ledgers, "CLOSING_SECONDS", 0.0)
    monkeypatch.setattr(saved_filter, "FEWEST_TO_SAVE", 500)
    monkeypatch.setattr(saved_filter, "CELLS_FOR_A_NAME", 1000)
    every, levels = [], set()
    for number in range(80):
        ledger = opened(path)
        names = hashes(number, count=60)
        deliver(ledger, names)
        every += names
        levels.update(each.level for each in ledger._segments if each.done is not None)
        ledger.close()
    assert levels == {1, 2}
    check_known(opened(path), every)


@pytest.mark.usefixtures("small_steps")
def test_a_large_merge_takes_steps_as_rarely_as_it_may(opened, path, monkeypatch):
    monkeypatch.setattr(saved_filter, "FEWEST_TO_SAVE", 500)
    monkeypatch.setattr(saved_filter, "CELLS_FOR_A_NAME", 1000)
    monkeypatch.setattr(upkeep, "NAMES_A_LARGE_STEP", 1_000_000)
    ledger = opened(path)
    reached = set()
    for number in range(120):
        deliver(ledger, hashes(number, count=60))
        reached.update(done_of_large_merges(ledger))
    assert len(reached) == 1
    ledger.close()
    assert done_of_large_merges(opened(path)) > [*reached]


def done_of_large_merges(ledger):
    return [each.done for each in ledger._segments if each.level == 2 and each.done]


@pytest.mark.usefixtures("small_steps")
def test_the_next_run_starts_with_the_saved_filter(opened, path, monkeypatch):
    monkeypatch.setattr(saved_filter, "FEWEST_TO_SAVE", 500)
    monkeypatch.setattr(saved_filter, "CELLS_FOR_A_NAME", 1000)
    ledger, names = opened(path), hashes(count=2000)
    for first in range(0, 2000, 50):
        deliver(ledger, names[first : first + 50])
    ledger.close()
    added, add = [], NameFilter.add

    def count_and_add(names_filter, content):
        added.append(len(content) // 16)
        add(names_filter, content)

    monkeypatch.setattr(NameFilter, "add", count_and_add)
    ledger = opened(path)
    assert sum(added) < 1000
    check_known(ledger, names)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE filter SET words = zeroblob(length(words))",
        "DELETE FROM filter",
        "UPDATE facts SET value = replace(value, 'little', 'big') WHERE key = 'filter'",
    ],
)
@pytest.mark.usefixtures("small_steps")
def test_a_saved_filter_that_is_not_as_it_was_written_is_made_anew(
    opened, path, monkeypatch, damage
):
    monkeypatch.setattr(saved_filter, "FEWEST_TO_SAVE", 100)
    monkeypatch.setattr(saved_filter, "CELLS_FOR_A_NAME", 10_000)
    ledger, names = opened(path), hashes(count=2000)
    for first in range(0, 2000, 50):
        deliver(ledger, names[first : first + 50])
    ledger.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        assert database.execute("SELECT count(*) FROM filter").fetchone() == (1,)
        database.execute(damage)
    check_known(opened(path), names)


def test_a_filter_that_is_full_is_made_anew_while_names_come(opened, path, monkeypatch):
    monkeypatch.setattr(pending, "MOST_NAMES", 2000)
    monkeypatch.setattr(filters, "MOST_IN_A_CELL", 0.05)
    monkeypatch.setattr(saved_filter, "NAMES_AT_ONCE", 300)
    monkeypatch.setattr(upkeep, "NAMES_A_STEP", 100)
    ledger, every = opened(path), []
    for number in range(110):
        names = hashes(number, count=100)
        deliver(ledger, names)
        every += names
        if number % 10 == 0:
            check_known(ledger, every)
    assert ledger._filter._filter.cells == 1 << 19
    ledger.close()
    check_known(opened(path), every)


@pytest.mark.usefixtures("small_steps")
def test_short_runs_renew_and_save_a_full_filter(opened, path, monkeypatch):
    monkeypatch.setattr(filters, "MOST_IN_A_CELL", 0.01)
    monkeypatch.setattr(saved_filter, "FEWEST_TO_SAVE", 300)
    monkeypatch.setattr(saved_filter, "CELLS_FOR_A_NAME", 10_000)
    monkeypatch.setattr(saved_filter, "NAMES_AT_ONCE", 10)
    monkeypatch.setattr(upkeep, "NAMES_A_STEP", 3)
    monkeypatch.setattr(ledgers, "CLOSING_SECONDS", 0.0)
    every = []
    for number in range(40):
        ledger = opened(path)
        names = hashes(number, count=60)
        deliver(ledger, names)
        every += names
        ledger.close()
    ledger = opened(path)
    assert ledger._filter._saved_cells == 1 << 19
    assert sum(each.names for each in ledger._segments if not each.is_filtered) < 1000
    check_known(ledger, every)


def test_an_error_of_any_kind_undoes_its_transaction(opened, path):
    ledger = opened(path)

    def hold_and_fail():
        with ledger._file.transaction():
            ledger._names.set_state(NAMES[:1], NameState.HELD)
            raise MemoryError

    with pytest.raises(MemoryError):
        hold_and_fail()
    assert not ledger._database.in_transaction
    deliver(ledger, NAMES[1:2])
    ledger.close()
    known = opened(path).claim(NAMES[:2], set(), resend=False).known
    assert known == {NAMES[1]: NameState.DELIVERED}


def test_a_used_up_name_stays_used_up_while_its_segment_is_there(path, monkeypatch):
    monkeypatch.setattr(pending, "MOST_NAMES", 2)
    monkeypatch.setattr(ledgers, "CLOSING_SECONDS", 0.0)

    def on(day):
        monkeypatch.setattr(name_tables, "today", lambda: day)
        monkeypatch.setattr(ledgers, "today", lambda: day)
        return closing(Ledger.open(str(path), ACCOUNT, is_durable=False, ledger_days=16))

    with on(20_000) as ledger:
        deliver(ledger, NAMES[:1])
        former = {NAMES[10]: Former(NAMES[0], is_of_one=True)}
        ledger.claim(NAMES[10:11], set(), resend=True, former=former)
    with on(20_001) as ledger:
        deliver(ledger, NAMES[1:2])  # of the same segment, a day younger
    with on(20_017) as ledger:
        assert ledger.claim(NAMES[:1], set(), resend=False).known == {}


@pytest.mark.usefixtures("small_steps")
def test_names_with_equal_beginnings_are_all_found(opened, path):
    ledger = opened(path)
    for first in range(0, 3000, 50):
        deliver(ledger, NAMES[first : first + 50])
    check_known(ledger, NAMES)
    ledger.close()
    check_known(opened(path), NAMES)


@pytest.mark.usefixtures("small_steps")
def test_names_older_than_ledger_days_are_forgotten_and_give_their_space_back(path, monkeypatch):
    sizes = []
    for day in range(20_000, 20_030):
        monkeypatch.setattr(name_tables, "today", lambda day=day: day)
        monkeypatch.setattr(ledgers, "today", lambda day=day: day)
        with closing(Ledger.open(str(path), ACCOUNT, is_durable=False, ledger_days=5)) as ledger:
            for number in range(5):
                deliver(ledger, hashes(day, number, count=100))
            for old in range(max(20_000, day - 9), day - 6):
                assert not ledger.claim(hashes(old, 3, count=100), set(), resend=False).known
                ledger._database.execute("DELETE FROM claims WHERE NOT is_delivered")
            for young in range(max(20_000, day - 5), day + 1):
                check_known(ledger, hashes(young, 3, count=100))
        sizes.append(path.stat().st_size)
    assert sizes[-1] < 1.5 * sizes[12]


def test_what_waits_or_is_held_for_longer_than_ledger_days_is_forgotten(path, monkeypatch):
    def known_on(day, ledger_days):
        monkeypatch.setattr(name_tables, "today", lambda: day)
        monkeypatch.setattr(ledgers, "today", lambda: day)
        opened = Ledger.open(str(path), ACCOUNT, is_durable=False, ledger_days=ledger_days)
        with closing(opened) as ledger:
            claim = ledger.claim(NAMES[:3], set(), resend=False)
            if not claim.known:
                ledger.settle(claim, delivered=NAMES[:1], held=NAMES[1:2])
            return len(claim.known)

    assert [known_on(20_000, 5), known_on(20_005, 5), known_on(20_006, 0)] == [0, 2, 3]
    assert known_on(20_012, 5) == 0


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.usefixtures("small_steps")
def test_whatever_is_settled_and_merged_and_opened_again_is_known(opened, path, monkeypatch, seed):
    monkeypatch.setattr(saved_filter, "FEWEST_TO_SAVE", 100)
    monkeypatch.setattr(saved_filter, "CELLS_FOR_A_NAME", 1000)
    chance = random.Random(seed)
    ledger, known, fresh = opened(path), {}, 0
    for _ in range(120):
        if chance.random() < 0.1:
            ledger.close()
            ledger = opened(path)
        count = chance.randrange(1, 20)
        names = [random.Random(number).randbytes(16) for number in range(fresh, fresh + count)]
        names += chance.sample(sorted(known), min(len(known), 3))
        claim = ledger.claim(names, set(), resend=False)
        assert claim.known == {name: known[name] for name in names if name in known}
        fresh += count
        new = names[:count]
        whole = chance.random() < 0.5
        delivered = new if whole else new[: count // 2]
        held = [] if whole else new[count // 2 : count // 2 + 2]
        if not whole and chance.random() < 0.5:
            ledger.settle(claim, delivered=delivered[:1], remaining=new[1:])
            delivered = delivered[1:] if delivered else []
            known.update(dict.fromkeys(new[:1] if count > 1 else [], NameState.DELIVERED))
        ledger.settle(claim, delivered=delivered, held=held)
        known.update(dict.fromkeys(delivered, NameState.DELIVERED))
        known.update(dict.fromkeys(held, NameState.HELD))
    assert rows(ledger, "segments") > 1


def test_a_run_that_closes_the_ledger_while_another_waits_has_not_damaged_it(tmp_path, monkeypatch):
    path = str(tmp_path / "ledger.sqlite")
    Ledger.open(path, "a", is_durable=False).close()
    looked = file.check_head

    def look_while_another_runs(*arguments):
        looked(*arguments)
        monkeypatch.undo()
        Ledger.open(path, "a", is_durable=False).close()

    monkeypatch.setattr(file, "check_head", look_while_another_runs)
    Ledger.open(path, "a", is_durable=False).close()
