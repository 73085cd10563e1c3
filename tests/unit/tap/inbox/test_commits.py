"""Group commits: together while they wait, and never answered before they are on the disk."""

from __future__ import annotations

import asyncio
import threading

import pytest

from tap_clevertap.errors import SettingError
from tap_clevertap.inbox.arrivals import arrival
from tap_clevertap.inbox.commits import GroupCommit, NotStoredError
from tap_clevertap.inbox.store import Inbox
from tap_clevertap.inbox.writer import InboxWriter


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "inbox.sqlite")


class HeldWriter(InboxWriter):
    """A writer that waits for a test before each transaction, and may fail then."""

    def __init__(self, path):
        super().__init__(path)
        self.begins, self.may_go = threading.Semaphore(0), threading.Semaphore(0)
        self.sizes, self.failure = [], None

    def store(self, arrivals):
        self.begins.release()
        assert self.may_go.acquire(timeout=30)
        self.sizes.append(len(arrivals))
        if self.failure is not None:
            raise self.failure
        return super().store(arrivals)


def message(number):
    return arrival("webhook", b"%d" % number)


def bodies(path):
    with Inbox(path) as inbox:
        return [each.body for each in inbox.messages_after(0, 10_000)]


def test_all_that_wait_share_a_transaction(path):
    writer, seconds = HeldWriter(path), []

    async def run(commits):
        first = commits.submit(message(0))
        await asyncio.to_thread(writer.begins.acquire)
        others = [commits.submit(message(number)) for number in range(1, 500)]
        assert commits.waiting == 499
        assert not first.done()
        for _ in range(2):
            writer.may_go.release()
        taken = await asyncio.gather(first, *others)
        assert [each.id for each in taken] == [*range(1, 501)]

    commits = GroupCommit(writer, seconds.append)
    asyncio.run(run(commits))
    commits.close()
    assert writer.sizes == [1, 499]
    assert len(seconds) == 2
    assert len(bodies(path)) == 500


def test_a_message_that_was_answered_already_is_not_stored(path):
    writer = HeldWriter(path)

    async def run(commits):
        first = commits.submit(message(0))
        await asyncio.to_thread(writer.begins.acquire)
        second, third = commits.submit(message(1)), commits.submit(message(2))
        second.cancel()
        for _ in range(2):
            writer.may_go.release()
        await asyncio.gather(first, third)

    commits = GroupCommit(writer, lambda _: None)
    asyncio.run(run(commits))
    commits.close()
    assert bodies(path) == [b"0", b"2"]


def test_a_failure_refuses_all_that_wait_and_no_later_one(path):
    writer = HeldWriter(path)
    writer.failure = SettingError("it is full")

    async def run(commits):
        first = commits.submit(message(0))
        await asyncio.to_thread(writer.begins.acquire)
        others = [commits.submit(message(1)), commits.submit(None)]
        writer.may_go.release()
        found = await asyncio.gather(first, *others, return_exceptions=True)
        assert [type(each) for each in found] == [NotStoredError] * 3
        assert str(found[0]) == "it is full"
        writer.failure = None
        writer.may_go.release()
        assert (await commits.submit(message(9))).id == 1

    commits = GroupCommit(writer, lambda _: None)
    asyncio.run(run(commits))
    commits.close()
    assert writer.sizes == [1, 1]
    assert bodies(path) == [b"9"]


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("a fault of our own")])
def test_a_fault_of_our_own_answers_nobody_200(path, error):
    writer = HeldWriter(path)
    writer.failure = error
    writer.may_go.release()

    async def run(commits):
        with pytest.raises(NotStoredError):
            await commits.submit(message(0))

    commits = GroupCommit(writer, lambda _: None)
    asyncio.run(run(commits))
    assert bool(commits.failure) == isinstance(error, RuntimeError)  # then the process ends
    commits.close()
    assert bodies(path) == []


def test_closing_stores_what_waits(path):
    writer = HeldWriter(path)

    async def run(commits):
        futures = [commits.submit(message(number)) for number in range(10)]
        for _ in range(10):
            writer.may_go.release()
        await asyncio.to_thread(commits.close)
        assert [each.id for each in await asyncio.gather(*futures)] == [*range(1, 11)]
        with pytest.raises(NotStoredError):
            await commits.submit(message(11))

    asyncio.run(run(GroupCommit(writer, lambda _: None)))
    assert len(bodies(path)) == 10
