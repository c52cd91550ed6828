"""The bus over Redis or Valkey, one server or a Cluster, by sharded pub/sub.

Each shard is a channel in a slot of its own. Which node carries it is asked of the servers, and again when
one says that it has moved, or is lost. Every node has its link, which reconnects by itself; what is published
to a node that is away is dropped and counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from logging import DEBUG, WARNING
from typing import Any

import anyio
import structlog
from anyio.abc import TaskGroup
from prometheus_client import Counter, Gauge
from redis.asyncio import Connection
from redis.asyncio.connection import ConnectKwargs, parse_url

from server.realtime.bus import BusRefused, Confirmed, Heard
from server.realtime.bus.link import AWAY, Link, dropped
from server.realtime.bus.topology import Node, Topology, parse_slots, single
from server.store.pace import Backoff

SURVEY_SECONDS = 5.0  # a Cluster may change without a word
WANTED_SECONDS = 1.0
FLUSH_SECONDS = 0.5
MAX_BACKOFF_SECONDS = 2.0

_up = Gauge("parley_bus_up", "1 while every node of the bus answers")
_published = Counter("parley_bus_published_total", "Notes given to the bus")
_heard = Counter("parley_bus_heard_total", "Notes heard from other processes")
_log = structlog.get_logger("parley.bus")


class RedisBus:
    """Notes by sharded pub/sub; `name` keeps desks apart that share a server."""

    shared = True

    def __init__(self, url: str, name: str) -> None:
        self._kwargs = _connect_kwargs(url)
        self._prefix = f"parley:{name}:".encode()
        self._seed = Node(self._kwargs.get("host", "localhost"), self._kwargs.get("port", 6379))
        self._topology = Topology([])
        self._links: dict[Node, Link] = {}
        self._scopes: dict[Node, anyio.CancelScope] = {}
        self._wanted: set[int] = set()
        self._confirmed: set[int] = set()
        self._waiters: dict[int, asyncio.Event] = {}
        self._listeners: list[tuple[Heard, Confirmed]] = []
        self._look_again = asyncio.Event()
        self._tasks: TaskGroup | None = None
        self._is_first = True  # nothing was told of an absence yet

    @property
    def ready(self) -> bool:
        """Whether every node is linked."""
        nodes = self._topology.nodes
        return bool(nodes) and all(node in self._links and self._links[node].ready for node in nodes)

    # what rooms do

    def publish(self, shard: int, note: bytes) -> None:
        """Tell who hears the shard."""
        channel = self._channel(shard)
        link = self._link(channel)
        if link is None:
            dropped.labels("away").inc()
            return
        _published.inc()
        link.send(b"SPUBLISH", channel, note)

    def want(self, shard: int) -> None:
        """Subscribe as soon as the shard's node is there."""
        self._wanted.add(shard)
        self._subscribe(shard)

    def unwant(self, shard: int) -> None:
        """Unsubscribe."""
        self._wanted.discard(shard)
        self._confirmed.discard(shard)
        channel = self._channel(shard)
        if (link := self._link(channel)) is not None:
            link.send(b"SUNSUBSCRIBE", channel)

    def has(self, shard: int) -> bool:
        """Whether the subscription is confirmed and its link lives."""
        return shard in self._confirmed

    async def wanted(self, shard: int) -> None:
        """Wait for the confirmation, if somebody is there to give it."""
        if shard in self._confirmed or self._link(self._channel(shard)) is None:
            return
        waiter = self._waiters.setdefault(shard, asyncio.Event())
        with anyio.move_on_after(WANTED_SECONDS):
            await waiter.wait()

    def listen(self, heard: Heard, confirmed: Confirmed) -> Callable[[], None]:
        """Hear all."""
        listener = (heard, confirmed)
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def flush(self) -> None:
        """Let what waits leave."""
        with anyio.move_on_after(FLUSH_SECONDS):
            for link in list(self._links.values()):
                await link.flush()

    def _channel(self, shard: int) -> bytes:
        return self._prefix + b"{%d}" % shard

    def _link(self, channel: bytes) -> Link | None:
        node = self._topology.owner(channel)
        link = None if node is None else self._links.get(node)
        return link if link is not None and link.ready else None

    def _subscribe(self, shard: int) -> None:
        channel = self._channel(shard)
        if (link := self._link(channel)) is not None:
            link.send(b"SSUBSCRIBE", channel)

    # finding the nodes

    async def check(self) -> bool:
        """Raise BusRefused when the server that answers is of no use."""
        try:
            await self._survey_node(self._seed)
        except AWAY as error:
            _log.warning("bus_away", error=_say(error))
            return False
        return True

    async def run(self) -> None:
        """Keep a link to every node until cancelled."""
        backoff = Backoff(most=MAX_BACKOFF_SECONDS)
        async with anyio.create_task_group() as self._tasks:
            while True:
                self._look_again.clear()
                try:
                    self._adopt(await self._survey())
                    backoff.reset()
                    wait = SURVEY_SECONDS
                except (*AWAY, BusRefused) as error:
                    _log.log(WARNING if self._is_first else DEBUG, "bus_away", error=_say(error))
                    self._is_first = False
                    wait = backoff.next_seconds()
                _up.set(self.ready)
                with anyio.move_on_after(wait):
                    await self._look_again.wait()
                    await anyio.sleep(0.1)  # a Cluster that moves says so for every channel

    async def _survey(self) -> Topology:
        """Ask the nodes that are known, then the one that was configured, who they all are."""
        if self.ready and self._topology.nodes == {self._seed}:
            return self._topology
        for node in self._topology.nodes - {self._seed}:
            try:
                return await self._survey_node(node)
            except AWAY:
                continue
        return await self._survey_node(self._seed)

    async def _survey_node(self, node: Node) -> Topology:
        link = Link(self._connection(node), _ignore, _ignore)
        try:
            if not await link.open():
                return single(node)
            return parse_slots(await link.ask("CLUSTER SLOTS"), node)
        finally:
            with anyio.CancelScope(shield=True):
                await link.close()

    def _connection(self, node: Node) -> Connection:
        kwargs: dict[str, Any] = dict(self._kwargs)
        kind = kwargs.pop("connection_class", Connection)
        connection: Connection = kind(**kwargs | {"host": node.host, "port": node.port})
        return connection

    def _adopt(self, topology: Topology) -> None:
        """Link the nodes that there are now, and let those go that are no longer."""
        before, self._topology = self._topology, topology
        for node in before.nodes - topology.nodes:
            if (scope := self._scopes.pop(node, None)) is not None:
                scope.cancel()
        for node in topology.nodes - self._scopes.keys():
            assert self._tasks is not None
            self._scopes[node] = anyio.CancelScope()
            self._tasks.start_soon(self._keep, node, self._scopes[node])
        for shard in self._wanted - self._confirmed:
            self._subscribe(shard)
        for shard in [s for s in self._confirmed if self._moved(s, before)]:
            self._confirmed.discard(shard)
            self._subscribe(shard)

    def _moved(self, shard: int, before: Topology) -> bool:
        channel = self._channel(shard)
        return before.owner(channel) != self._topology.owner(channel)

    # links

    async def _keep(self, node: Node, scope: anyio.CancelScope) -> None:
        """Hold a link to a node, and make it anew whenever it breaks."""
        backoff = Backoff(most=MAX_BACKOFF_SECONDS)
        with scope:
            while True:
                link = Link(self._connection(node), self._push, self._refused)
                try:
                    await link.open()
                    link.begin()
                    backoff.reset()
                    self._links[node] = link
                    self._linked(node)
                    await link.run()
                except* (*AWAY, BusRefused) as errors:
                    level = WARNING if node in self._links else DEBUG  # once, not at every attempt
                    _log.log(level, "bus_node_away", node=f"{node.host}:{node.port}", error=_say(errors))
                finally:
                    with anyio.CancelScope(shield=True):
                        await link.close()
                    self._lost(node)
                await anyio.sleep(backoff.next_seconds())

    def _linked(self, node: Node) -> None:
        self._is_first = True
        _log.info("bus_node_linked", node=f"{node.host}:{node.port}")
        _up.set(self.ready)
        for shard in self._wanted:
            if self._topology.owner(self._channel(shard)) == node:
                self._subscribe(shard)

    def _lost(self, node: Node) -> None:
        self._links.pop(node, None)
        _up.set(self.ready)
        self._confirmed = {s for s in self._confirmed if self._topology.owner(self._channel(s)) != node}
        self._look_again.set()

    # hearing

    def _push(self, kind: bytes, channel: bytes, data: Any) -> None:
        shard = int(channel[len(self._prefix) + 1 : -1])
        if kind == b"smessage":
            _heard.inc()
            for heard, _ in self._listeners:
                heard(shard, data)
        elif kind == b"ssubscribe":
            self._confirm(shard)
        elif kind == b"sunsubscribe" and shard in self._wanted:  # its slot has moved
            self._confirmed.discard(shard)
            self._look_again.set()

    def _confirm(self, shard: int) -> None:
        if shard not in self._wanted or shard in self._confirmed:
            return
        self._confirmed.add(shard)
        if (waiter := self._waiters.pop(shard, None)) is not None:
            waiter.set()
        for _, confirmed in self._listeners:
            confirmed(shard)

    def _refused(self, text: str) -> None:
        """A command was refused: in a Cluster a slot that has moved, or has no master now."""
        dropped.labels("refused").inc()
        if text.startswith(("MOVED", "CLUSTERDOWN", "ASK", "TRYAGAIN")):
            self._look_again.set()
        else:
            _log.warning("bus_refuses", error=text[:200])


def _connect_kwargs(url: str) -> ConnectKwargs:
    """How to connect by an address; valkey:// is another name of redis://."""
    kwargs = parse_url(url.replace("valkey", "redis", 1) if url.startswith("valkey") else url)
    kwargs.update(protocol=3, db=0, retry=None, socket_timeout=None)  # type: ignore[call-arg]
    return kwargs


def _ignore(*_: Any) -> None:
    """Nothing is subscribed on a link that only asks."""


def _say(error: BaseException) -> str:
    """What went wrong, of a group the first."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}"[:200]
