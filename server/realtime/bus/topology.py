"""Which Redis node carries which channel: one carries all, or each of a Cluster its ranges of slots. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from redis.crc import key_slot

from server.realtime.bus import BusRefused

MIN_VERSION = 7  # the first with sharded pub/sub


class Node(NamedTuple):
    """A server by its address."""

    host: str
    port: int


class Topology:
    """Nodes by the slots they own; a slot that nobody owns now has none."""

    def __init__(self, ranges: Sequence[tuple[int, int, Node]]) -> None:
        self._ranges = sorted(ranges)
        self._firsts = [first for first, _, _ in self._ranges]
        self._owners: dict[bytes, Node | None] = {}
        self.nodes = {node for _, _, node in ranges}

    def owner(self, channel: bytes) -> Node | None:
        """Who carries a channel, if anybody does."""
        if channel not in self._owners:
            self._owners[channel] = self._find(channel)
        return self._owners[channel]

    def _find(self, channel: bytes) -> Node | None:
        slot = key_slot(channel)
        place = bisect_right(self._firsts, slot) - 1
        if place < 0:
            return None
        _, last, node = self._ranges[place]
        return node if slot <= last else None


def single(node: Node) -> Topology:
    """One node that carries everything."""
    return Topology([(0, 16383, node)])


def parse_slots(answer: Sequence[Any], asked: Node) -> Topology:
    """What `CLUSTER SLOTS` answers: ranges, each with its master first; no host means `asked`."""
    ranges = []
    for first, last, (host, port, *_), *_ in answer:
        ranges.append((int(first), int(last), Node(host.decode() if host else asked.host, int(port))))
    return Topology(ranges)


def check_server(hello: Mapping[bytes, Any]) -> bool:
    """Whether a server that answered `HELLO` so is one of a Cluster. Raises BusRefused for one of no use."""
    name, version = hello[b"server"].decode(), hello[b"version"].decode()
    if int(version.partition(".")[0]) < MIN_VERSION:
        raise BusRefused(
            f"REDIS_URL: {name} {version} has no sharded pub/sub: version {MIN_VERSION} is needed"
        )
    mode: bytes = hello[b"mode"]
    if mode == b"sentinel":
        raise BusRefused("REDIS_URL: a Sentinel answers there; name the server that it watches")
    return mode == b"cluster"
