"""Connections are freed by their reference counts: the collector, which is kept from them, finds nothing.

Seen to fail when a closed socket holds its connection.
"""

from __future__ import annotations

import asyncio
import gc

from server.realtime.connection import Connection
from server.realtime.membership import Membership
from server.realtime.room import Room
from server.realtime.socket import Socket
from server.store.pool import Store
from tests.live.desk import eventually, live_desk, room_of
from tests.live.raw import masked, raw


async def test_nothing_of_a_connection_is_left_to_the_collector(store: Store) -> None:
    async with live_desk(store) as desk:
        rooms = [room_of(await desk.ticket(f"t{number}")) for number in range(5)]
        gc.collect()
        gc.disable()
        try:
            for _ in range(3):
                clients = [await desk.visitor(), await desk.agent(desk.people.bob)]
                for room in rooms:
                    await clients[1].join(room)
                await clients[0].ack(rooms[0], "Hello")
                for client in clients:
                    await client.socket.close()
                for last in (b"", masked(1, b"a", fin=False), b"\x81\x00", masked(1, b"{}")[:4]):
                    async with raw(desk.port) as rude:
                        await rude.write(last)
                        await asyncio.sleep(0.01)
            live = desk.running.live
            await eventually(lambda: not live._connections and not desk.server.server_state.connections)
            await eventually(lambda: live.rooms.count() == 0)
            gc.set_debug(gc.DEBUG_SAVEALL)
            gc.collect()
            found = [one for one in gc.garbage if isinstance(one, Connection | Socket | Membership | Room)]
            assert found == []
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
