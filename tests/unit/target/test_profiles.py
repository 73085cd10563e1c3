"""What the ledger knows of profiles: across runs, kills and orders of what happens."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing

import pytest

from target_clevertap.ledger import profiles as module
from target_clevertap.ledger.known_rows import KnownRows
from target_clevertap.ledger.ledger import Ledger
from target_clevertap.ledger.profile_hashes import ProfileHashes
from target_clevertap.records.entries import ProfileChange
from target_clevertap.singer.changed_profiles import ChangedProfiles

USERS = range(1, 1200)


def opened(path):
    return Ledger.open(str(path), "0" * 16, is_durable=False)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(path):
    with closing(opened(path)) as ledger:
        yield ledger


def changes(content, users=USERS):
    return [ProfileChange(user, content, content) for user in users]


def deliver(ledger, given):
    """Send what is accepted, all of it delivered, and return how many that were."""
    accepted = ledger.profiles.accept(given, is_replay=False)
    sent = [change for change, is_sent in zip(given, accepted, strict=True) if is_sent]
    ledger.profiles.settle(ledger.profiles.claim(sent), sent, is_whole=True)
    return len(sent)


def known(ledger, content, users=USERS):
    return ledger.profiles.is_delivered([*users], [content for _ in users])


def copy_as_after_a_kill(path, folder):
    """Copy the ledger's file and log while a run has it open."""
    copied = folder / "killed.sqlite"
    for suffix in ("", "-wal"):
        source = path.with_name(path.name + suffix)
        copied.with_name(copied.name + suffix).write_bytes(source.read_bytes())
    return copied


def test_what_was_delivered_is_known_in_the_same_run_and_in_the_next(path):
    with closing(opened(path)) as ledger:
        assert deliver(ledger, changes(1)) == len(USERS)
        assert all(known(ledger, 1))
        assert deliver(ledger, changes(1)) == 0
    with closing(opened(path)) as ledger:
        assert all(known(ledger, 1))
        assert not any(known(ledger, 2))
        assert deliver(ledger, changes(1)) == 0


def test_a_user_on_its_way_is_compared_with_nothing(ledger):
    deliver(ledger, changes(1))
    profiles = ledger.profiles
    assert profiles.accept(changes(2, [7]), is_replay=False) == [True]
    assert not any(known(ledger, 1, [7]))
    assert profiles.accept(changes(1, [7]), is_replay=False) == [True]
    first = profiles.claim(changes(2, [7]))
    profiles.settle(first, changes(2, [7]), is_whole=True)
    assert not any(known(ledger, 2, [7])), "another one of it is still on its way"
    second = profiles.claim(changes(1, [7]))
    profiles.settle(second, changes(1, [7]), is_whole=True)
    assert all(known(ledger, 1, [7]))


def test_equal_rows_around_a_different_one_are_not_known(ledger):
    deliver(ledger, changes(1))
    assert ledger.profiles.is_delivered([5, 5, 5, 6], [1, 2, 1, 1]) == [True, False, False, True]
    given = [*changes(1, [5]), *changes(2, [5]), *changes(1, [5])]
    assert ledger.profiles.accept(given, is_replay=False) == [False, True, True]


def test_another_row_of_an_equal_profile_is_not_sent_and_known_from_then_on(ledger):
    deliver(ledger, changes(1))
    assert ledger.profiles.accept([ProfileChange(5, 9, 1)], is_replay=False) == [False]
    assert known(ledger, 9, [5]) == [True]
    assert known(ledger, 1, [5]) == [False]


@pytest.mark.parametrize("is_replay", [True, False])
def test_a_profile_without_hashes_is_always_sent_and_makes_the_last_one_old(ledger, is_replay):
    deliver(ledger, changes(1))
    given = [ProfileChange(5)]
    assert ledger.profiles.accept(given, is_replay=is_replay) == [True]
    ledger.profiles.settle(ledger.profiles.claim(given), given, is_whole=True)
    assert known(ledger, 1, [5, 6]) == [False, True]


def test_a_replay_is_always_sent(ledger):
    deliver(ledger, changes(1))
    assert all(ledger.profiles.accept(changes(1), is_replay=True))


@pytest.mark.parametrize("is_settled", [True, False])
def test_a_kill_keeps_what_is_settled_and_forgets_what_was_on_its_way(path, tmp_path, is_settled):
    with closing(opened(path)) as ledger:
        deliver(ledger, changes(1))
    with closing(opened(path)) as ledger:
        some = changes(2, range(1, 100))
        ledger.profiles.accept(some, is_replay=False)
        claim = ledger.profiles.claim(some)
        if is_settled:
            ended = [*some[:50], *[ProfileChange(each.user) for each in some[50:]]]
            ledger.profiles.settle(claim, ended, is_whole=False)
        killed = copy_as_after_a_kill(path, tmp_path)
    with closing(opened(killed)) as ledger:
        assert known(ledger, 2, range(1, 51)) == [is_settled] * 50
        assert not any(known(ledger, 1, range(1, 100)))
        assert not any(known(ledger, 2, range(51, 100)))
        assert all(known(ledger, 1, range(100, 1200)))
    with closing(sqlite3.connect(killed)) as database:
        assert database.execute("SELECT count(*) FROM profile_claims").fetchone() == (0,)


def test_rows_are_written_while_others_are_on_their_way(path, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MOST_FRESH", 10)
    with closing(opened(path)) as ledger:
        ledger.profiles.accept(changes(2, [7]), is_replay=False)
        ledger.profiles.claim(changes(2, [7]))
        deliver(ledger, changes(1, range(100, 200)))
        killed = copy_as_after_a_kill(path, tmp_path)
    with closing(opened(killed)) as ledger:
        assert all(known(ledger, 1, range(100, 200)))
        assert not any(known(ledger, 2, [7]))


class Feed:
    """Rows as a stream brings them, and what CleverTap has by the profiles that were sent."""

    def __init__(self, chance):
        self.chance = chance
        self.has = dict.fromkeys(range(1, 60))
        self.skipped = 0

    def rows(self):
        users = self.chance.choices([*self.has], k=self.chance.choice((3, 9, 40)))
        return [b"%d %d" % (user, self.chance.randint(1, 3)) for user in users]

    def of_row(self, raw):
        return raw.split()[0].decode()

    def take(self, changed):
        """Take rows as the reading thread does, and return the changes that are sent."""
        raws, hashes = self.rows(), changed.hashes
        delivered = changed.is_delivered(raws)
        others = [raw for raw, is_old in zip(raws, delivered, strict=True) if not is_old]
        users = hashes.users(map(self.of_row, others))
        sents = hashes.sent([raw.split()[1] for raw in others])
        changes = [*map(ProfileChange, users, hashes.rows(others), sents)]
        accepted = changed.profiles.accept(changes, is_replay=False)
        answers = iter(zip(changes, accepted, strict=True))
        sent = []
        for raw, is_old in zip(raws, delivered, strict=True):
            user, content = map(int, raw.split())
            change, is_sent = (None, False) if is_old else next(answers)
            assert is_sent or self.has[user] == content
            self.skipped += not is_sent
            self.has[user] = content
            sent += [(user, change)] if is_sent else []
        return sent


@pytest.mark.parametrize("is_in_memory", [True, False])
@pytest.mark.parametrize("seed", range(12))
def test_nothing_is_ever_taken_for_what_it_is_not(path, tmp_path, monkeypatch, seed, is_in_memory):
    """What is not sent is what CleverTap got last, whatever happens in between."""
    monkeypatch.setattr(module, "MOST_FRESH", 40)
    monkeypatch.setattr(module, "SHARE_LOOKED_UP", 1_000 if is_in_memory else 0)
    chance = random.Random(seed)
    feed = Feed(chance)
    hashes = ProfileHashes("0" * 16, [], has_time=False)
    for run in range(12):
        ledger = opened(path)
        changed = ChangedProfiles(hashes, ledger.profiles, feed)
        on_their_way = []
        for _ in range(chance.randrange(25)):
            sent = feed.take(changed)
            on_their_way.append((ledger.profiles.claim([each for _, each in sent]), sent))
            while on_their_way and chance.random() < 0.6:
                claim, settled = on_their_way.pop(0)
                doubtful = {user for user, _ in settled if chance.random() < 0.1}
                changes = [
                    ProfileChange(each.user) if user in doubtful else each for user, each in settled
                ]
                ledger.profiles.settle(claim, changes, is_whole=not doubtful)
        if not on_their_way and chance.random() < 0.5:
            ledger.close()
            continue
        copy_as_after_a_kill(path, tmp_path).replace(tmp_path / f"{run}.sqlite")
        (tmp_path / "killed.sqlite-wal").replace(tmp_path / f"{run}.sqlite-wal")
        ledger.close()
        path = tmp_path / f"{run}.sqlite"
    assert feed.skipped > 100


def test_a_row_that_becomes_old_before_all_are_read_into_memory_is_not_known(path, monkeypatch):
    monkeypatch.setattr(module, "MOST_FRESH", 1)
    monkeypatch.setattr(module, "SHARE_LOOKED_UP", 1_000)
    with closing(opened(path)) as ledger:
        profiles = ledger.profiles
        profiles.accept(changes(1, [5]), is_replay=False)
        profiles.accept(changes(2, [5]), is_replay=False)
        profiles.settle(profiles.claim(changes(1, [5])), changes(1, [5]), is_whole=True)
        deliver(ledger, changes(1, range(6, 100)))
        assert not any(known(ledger, 1, [5]))
        assert profiles.known_rows([1]) == [False]


@pytest.mark.parametrize("count", [0, 1, 5, 1000])
def test_rows_in_memory_are_those_that_were_added(count):
    chance = random.Random(count)
    numbers = chance.sample([*range(-3000, 0), *range(1, 3000)], k=2 * count)
    rows = KnownRows(count)
    rows.add(numbers[:count])
    assert rows.has(numbers) == [True] * count + [False] * count
    rows.add(numbers)
    assert rows.has(numbers) == [True] * count + [False] * count, "there is no more room"


def test_hashes_depend_on_account_and_stream_but_users_only_on_the_account():
    one, other, elsewhere = (
        ProfileHashes(account, stream, has_time=False)
        for account, stream in (("a", ["users"]), ("a", ["crm"]), ("b", ["users"]))
    )
    user, row, payload = ["identity\0x"], [b"{}"], [b'{"type":"profile"}']
    assert one.users(user) == other.users(user) != elsewhere.users(user)
    assert one.rows(row) != other.rows(row)
    assert one.sent(payload) == other.sent(payload) != elsewhere.sent(payload)
    assert len({*one.users(user), *one.rows(row), *one.sent(payload)}) == 3


def test_a_time_is_left_out_also_where_a_property_looks_like_one():
    hashes = ProfileHashes("a", [], has_time=True)
    first, second, third = (
        b'{"identity":"x","profileData":{"a":1,"ts":%d},"ts":%d,"type":"profile"}' % numbers
        for numbers in ((1, 1), (1, 2), (2, 2))
    )
    one, two, three = hashes.sent([first, second, third])
    assert one == two != three
