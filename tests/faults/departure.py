"""Nobody left: once everybody has gone, no process shows anybody, and no agent is available."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from websockets.asyncio.client import connect

from tests.faults.crowd import Crowd
from tests.fleet import Web

GONE_SECONDS = 180.0  # more than a departure's grace, and than what makes a killed process count as gone
MAX_ROOMS = 150


async def check_nobody_left(crowd: Crowd) -> None:
    """A newcomer to any process sees nobody but themselves, in any room; and all agents are offline."""
    until = time.monotonic() + GONE_SECONDS
    token = await crowd.newcomer()
    rooms = sorted({room for agent in crowd.agents for room in agent.rooms})
    while left := [one for web in crowd.fleet.webs for one in await _left_in(web, token, rooms)]:
        assert time.monotonic() < until, left[:10]
        await asyncio.sleep(0.5)
    while available := await _available(crowd):
        assert time.monotonic() < until, available
        await asyncio.sleep(0.5)


async def _left_in(web: Web, token: str, rooms: list[str]) -> list[str]:
    """Who else is in the rooms of a process, or composes there."""
    left: list[str] = []
    options: dict[str, Any] = {"proxy": None, "compression": None, "close_timeout": 1, "max_queue": None}
    async with asyncio.timeout(120), connect(web.ws, **options) as socket:
        await socket.send(json.dumps({"op": "hello", "v": 1, "token": token}))
        while json.loads(await socket.recv())["op"] != "welcome":
            pass
        for begin in range(0, len(rooms), MAX_ROOMS):
            some = rooms[begin : begin + MAX_ROOMS]
            for room in some:
                await socket.send(json.dumps({"op": "join", "room": room, "since": 10**6}))
            missing = set(some)
            while missing:
                frame = json.loads(await socket.recv())
                if frame["op"] == "joined":
                    missing.discard(frame["room"])
                    others = [one["name"] for one in frame["presence"] if one["name"] != "newcomer"]
                    left += [f"{web.name} {frame['room']}: {name}" for name in others]
                elif frame["op"] == "typing" and frame["on"]:
                    left.append(f"{web.name} {frame['room']}: {frame['who']['name']} composes")
            for room in some:
                await socket.send(json.dumps({"op": "leave", "room": room}))
    return left


async def _available(crowd: Crowd) -> list[str]:
    async with crowd.store.read(crowd.desk.workspace_id) as db:
        rows = await db.fetch(
            "SELECT a.name FROM agent_presence p JOIN agents a ON a.workspace_id = p.workspace_id"
            " AND a.id = p.agent_id WHERE p.status <> 'offline' AND a.name <> 'newcomer'"
        )
    return [row["name"] for row in rows]
