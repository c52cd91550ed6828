"""A topic as the transport reads it: numbered records by partition, and how far the group has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from server.store.bell import Bell


class Record(NamedTuple):
    """One stream value. Offsets of a partition rise, and may have gaps; `at` is in Unix seconds."""

    partition: int
    offset: int
    at: float
    key: bytes
    value: bytes | None


class Topic(Protocol):
    """What can be consumed. A position is the last offset that was read, 0 before the first record.

    Each method raises `Unavailable` when the storage behind it is away.
    """

    @property
    def name(self) -> str:
        """What Faust subscribes to."""

    @property
    def partitions(self) -> int:
        """How many partitions there are, for ever."""

    @property
    def bell(self) -> Bell:
        """Rings when there may be more to read."""

    async def read(self, positions: Mapping[int, int], limit: int) -> Sequence[Record]:
        """At most `limit` records above each position, ordered by partition and offset."""

    async def fetch_heads(self) -> Mapping[int, int]:
        """The newest offset of every partition."""

    async def fetch_committed(self) -> Mapping[int, int]:
        """The position up to which everything has been consumed, in every partition."""

    async def commit(self, positions: Mapping[int, int]) -> None:
        """Remember positions; repeating it is harmless."""
