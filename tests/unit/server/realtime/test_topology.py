"""Which node carries a channel, by what the servers of a Cluster say; and servers that are of no use."""

from __future__ import annotations

from typing import Any

import pytest
from redis.crc import key_slot

from server.realtime.bus import BusRefused
from server.realtime.bus.topology import Node, Topology, check_server, parse_slots, single

ASKED, OTHER = Node("here", 1), Node("there", 2)
SLOTS: list[Any] = [
    [8192, 16000, [b"there", 2, b"id"], [b"replica", 3, b"id"]],
    [0, 8191, [b"", 1, b"id"]],
]


def channel_in(first: int, last: int) -> bytes:
    return next(b"{%d}" % n for n in range(100_000) if first <= key_slot(b"{%d}" % n) <= last)


def test_a_channel_belongs_to_the_master_of_its_slot() -> None:
    topology = parse_slots(SLOTS, ASKED)
    assert topology.nodes == {ASKED, OTHER}
    assert topology.owner(channel_in(0, 8191)) == ASKED
    assert topology.owner(channel_in(8192, 16000)) == OTHER
    assert topology.owner(channel_in(16001, 16383)) is None
    assert Topology([]).owner(b"x") is None


def test_a_single_server_carries_everything() -> None:
    assert {single(ASKED).owner(b"%d" % number) for number in range(1000)} == {ASKED}


def hello(version: str, mode: str = "standalone", server: str = "redis") -> dict[bytes, Any]:
    return {b"server": server.encode(), b"version": version.encode(), b"mode": mode.encode()}


def test_servers_are_known_by_what_they_answer() -> None:
    assert check_server(hello("7.0.15")) is False
    assert check_server(hello("9.1.2", "cluster", "valkey")) is True
    with pytest.raises(BusRefused, match=r"redis 6\.2\.14 .* version 7"):
        check_server(hello("6.2.14"))
    with pytest.raises(BusRefused, match="Sentinel"):
        check_server(hello("7.2.0", "sentinel"))
