"""Topics that streams write: appended, read by position, compacted by key or trimmed when read."""

from __future__ import annotations

import asyncpg
import pytest

from server.store import stream_records as topics
from server.store.pool import Store
from server.store.stream_records import Stored, TopicFull, TopicMismatch, Unwritten
from tests.conftest import Database

EVERYWHERE = {0: 0, 1: 0}


def said(partition: int, key: str, value: str | None) -> Unwritten:
    return Unwritten(partition, 7.0, key.encode(), None if value is None else value.encode())


async def known(store: Store, topic: str) -> list[tuple[int, int, str, str | None]]:
    """Partition, offset, key and value of all that is there."""
    async with store.across() as db:
        found = await topics.read(db, topic, EVERYWHERE, 100)
    return [
        (r.partition, r.offset, r.key.decode(), None if r.value is None else r.value.decode()) for r in found
    ]


async def test_records_are_numbered_by_partition_in_the_order_given(store: Store):
    async with store.across() as db:
        await topics.declare(db, "queue", 2, compacted=False)
        given = await topics.append(
            db, "queue", [said(0, "a", "1"), said(1, "b", "2"), said(0, "a", "3"), said(0, "c", None)]
        )
        assert given == [1, 1, 2, 3]
        assert await topics.append(db, "queue", [said(1, "a", "4")]) == [2]
        assert await topics.fetch_heads(db, "queue") == {0: 3, 1: 2}
        assert await topics.read(db, "queue", {0: 1}, 1) == [Stored(0, 2, 7.0, b"a", b"3")]
    assert await known(store, "queue") == [
        (0, 1, "a", "1"),
        (0, 2, "a", "3"),
        (0, 3, "c", None),
        (1, 1, "b", "2"),
        (1, 2, "a", "4"),
    ]


async def test_a_changelog_keeps_the_newest_of_each_key_and_a_record_without_a_value_takes_it_away(
    store: Store,
):
    async with store.across() as db:
        await topics.declare(db, "changes", 2, compacted=True)
        first = [said(0, "a", "1"), said(0, "b", "2"), said(0, "a", "3"), said(1, "a", "4")]
        assert await topics.append(db, "changes", first) == [1, 2, 3, 1]
        assert await topics.append(db, "changes", [said(0, "b", "5"), said(0, "a", None)]) == [4, 5]
    assert await known(store, "changes") == [(0, 4, "b", "5"), (1, 1, "a", "4")]
    async with store.across() as db:
        # Who recovers waits for the newest that is there, not for one that was taken away.
        assert await topics.fetch_heads(db, "changes") == {0: 4, 1: 1}
        assert await topics.append(db, "changes", [said(0, "a", "6")]) == [6]
        await topics.trim(db, "changes", {0: 6, 1: 6})
    assert await known(store, "changes") == [(0, 4, "b", "5"), (0, 6, "a", "6"), (1, 1, "a", "4")]


async def test_what_was_read_of_a_queue_is_forgotten_and_its_numbers_are_not_used_again(store: Store):
    async with store.across() as db:
        await topics.declare(db, "queue", 2, compacted=False)
        await topics.append(db, "queue", [said(0, "a", str(n)) for n in range(5)])
        await topics.trim(db, "queue", {0: 3})
    assert [offset for _, offset, _, _ in await known(store, "queue")] == [4, 5]
    async with store.across() as db:
        await topics.trim(db, "queue", {0: 5})
        assert await topics.fetch_heads(db, "queue") == {0: 5, 1: 0}
        assert await topics.append(db, "queue", [said(0, "a", "6")]) == [6]


async def test_a_queue_that_nobody_reads_is_full_at_its_bound(store: Store):
    async with store.across() as db:
        await topics.declare(db, "queue", 2, compacted=False)
        for n in range(3):
            await topics.append(db, "queue", [said(0, "a", str(n))], max_records=3)
        with pytest.raises(TopicFull):
            await topics.append(db, "queue", [said(1, "a", "x"), said(0, "a", "y")], max_records=3)
        assert await topics.fetch_heads(db, "queue") == {0: 3, 1: 0}, "all or nothing"
        await topics.trim(db, "queue", {0: 1})
        assert await topics.append(db, "queue", [said(0, "a", "4")], max_records=3) == [4]


async def test_a_topic_is_made_once_and_another_shape_refused(store: Store):
    async with store.across() as db:
        for _ in range(2):
            await topics.declare(db, "topic", 2, compacted=False)
        for partitions, compacted in ((3, False), (2, True)):
            with pytest.raises(TopicMismatch):
                await topics.declare(db, "topic", partitions, compacted=compacted)


async def test_a_record_has_a_bound(store: Store):
    async with store.across() as db:
        await topics.declare(db, "topic", 2, compacted=False)
        with pytest.raises(asyncpg.CheckViolationError):
            await topics.append(db, "topic", [said(0, "a", "x" * (1024 * 1024 + 1))])


@pytest.mark.parametrize("table", ["stream_topics", "stream_heads", "stream_records"])
async def test_the_application_reaches_no_table_of_topics_itself(database: Database, table: str):
    app = await asyncpg.connect(database.app_dsn, server_settings={"role": "parley_app"})
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.fetch(f"SELECT * FROM {table}")
    finally:
        await app.close()
