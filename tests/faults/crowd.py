"""Visitors and agents who chat through a fleet, and what they must have in the end."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx2

from server.clock import new_id
from server.domain.identity import Agent
from server.queries.credentials import TOKEN_PREFIX, digest_of
from server.store import credentials
from server.store.pool import Store
from tests.faults.person import HASTY, Patience, Person, Refusal
from tests.fleet import Fleet
from tests.people import Desk

AGENTS_A_ROOM = 2
TWO_DEVICES = 5  # every so many-th visitor has the widget open twice
MAX_UNSENT = 4


class Crowd:
    """Everybody who is connected. Each visitor has a ticket, each ticket some agents."""

    def __init__(self, store: Store, desk: Desk, fleet: Fleet, seed: int, patience: Patience = HASTY) -> None:
        self.store = store
        self.desk = desk
        self.fleet = fleet
        self.seed = seed
        self.patience = patience
        self.visitors: list[Person] = []
        self.devices: list[tuple[Person, Person]] = []  # a visitor's second one, and its first
        self.agents: list[Person] = []
        self.agent_ids: dict[str, Agent] = {}
        self.talking = True
        self._lives: list[asyncio.Task[None]] = []
        self._talks: list[asyncio.Task[None]] = []

    @property
    def everybody(self) -> list[Person]:
        return [*self.visitors, *(second for second, _ in self.devices), *self.agents]

    async def gather(self, visitors: int, agents: int, pause_seconds: float) -> None:
        """Everybody comes and begins to talk, each after such a pause."""
        for number in range(agents):
            agent = self._person(f"agent{number}", await self._token(f"agent{number}"))
            agent.enter(f"inbox:{self.desk.chat}")
            agent.enter("agents")
            self.agents.append(agent)
            self._talks.append(asyncio.create_task(self._answer(agent, pause_seconds / 4)))
        async with httpx2.AsyncClient(timeout=60) as client:
            for number in range(visitors):
                url = self.fleet.webs[number % len(self.fleet.webs)].url
                answer = await client.post(
                    f"{url}/api/v1/widget/sessions", json={"inbox_id": str(self.desk.chat)}
                )
                assert answer.status_code == 201, answer.text
                visitor = self._person(f"visitor{number}", answer.json()["token"])
                self.visitors.append(visitor)
                self._talks.append(asyncio.create_task(self._chat(number, visitor, pause_seconds)))

    def _person(self, name: str, token: str) -> Person:
        person = Person(name, token, self.fleet.webs, self.seed, self.patience)
        self._lives.append(asyncio.create_task(person.live()))
        return person

    async def _token(self, name: str) -> str:
        workspace_id, agent_id, secret = self.desk.workspace_id, new_id(), f"{TOKEN_PREFIX}{new_id()}"
        async with self.store.write(workspace_id) as db:
            await db.execute(
                "INSERT INTO agents (workspace_id, id, name, email, role) VALUES ($1, $2, $3, $4, 'agent')",
                workspace_id, agent_id, name, f"{name}@desk.test",
            )  # fmt: skip
            await db.execute(
                "INSERT INTO inbox_members VALUES ($1, $2, $3)", workspace_id, self.desk.chat, agent_id
            )
            await credentials.add_token(db, workspace_id, new_id(), agent_id, "test", digest_of(secret))
        self.agent_ids[name] = Agent(workspace_id, agent_id, name, "agent", frozenset({self.desk.chat}))
        return secret

    async def newcomer(self) -> str:
        """The token of an agent who was not there before."""
        return await self._token("newcomer")

    # what they do

    async def _chat(self, number: int, visitor: Person, pause_seconds: float) -> None:
        """Begin a ticket, go on in it; some agents come, and perhaps a second device."""
        chance = random.Random(f"{self.seed} chat {number}")
        visitor.say(f"inbox:{self.desk.chat}")
        while not visitor.acked:  # noqa: ASYNC110 - as a person looks at the screen
            await asyncio.sleep(0.1)
        ((room, _),) = visitor.acked.values()
        for agent in chance.sample(self.agents, AGENTS_A_ROOM):
            agent.enter(room)
        if number % TWO_DEVICES == 0:
            second = self._person(f"{visitor.name}b", visitor.token)
            second.enter(room)
            self.devices.append((second, visitor))
        while self.talking:
            await asyncio.sleep(chance.expovariate(1 / pause_seconds))
            if self.talking and len(visitor.outbox) < MAX_UNSENT:
                visitor.say(room)

    async def _answer(self, agent: Person, pause_seconds: float) -> None:
        chance = random.Random(f"{self.seed} {agent.name}")
        while self.talking:
            await asyncio.sleep(chance.expovariate(1 / pause_seconds))
            rooms = [room for room in agent.rooms if room.startswith("ticket:")]
            if self.talking and rooms and len(agent.outbox) < MAX_UNSENT:
                agent.say(chance.choice(rooms), chance.choice(["message", "message", "note"]))

    # how it ends

    async def finish(self, seconds: float) -> None:
        """Everybody says what is still to say, a last word too, and hears all there is."""
        await eventually(lambda: all(visitor.acked for visitor in self.visitors), seconds)
        self.talking = False
        await asyncio.gather(*self._talks)
        await eventually(lambda: not any(person.outbox for person in self.everybody), seconds)
        for visitor in self.visitors:
            visitor.say(room_of(visitor))
        await eventually(lambda: not any(person.outbox for person in self.everybody), seconds)

    async def leave(self) -> None:
        """Everybody goes; what broke in one of them is raised."""
        for task in self._lives:
            task.cancel()
        ends = await asyncio.gather(*self._lives, return_exceptions=True)
        for end in ends:
            if isinstance(end, BaseException) and not isinstance(end, asyncio.CancelledError):
                raise end

    def told(self) -> dict[str, Any]:
        """Some numbers, for who reads the log."""
        ends = Counter[int]()
        for person in self.everybody:
            ends.update(person.ends)
        return {
            "people": len(self.everybody),
            "acknowledged": sum(len(person.acked) for person in self.everybody),
            "refused sends": self._refused(lambda refusal: "id" in refusal.frame),
            "refused otherwise": self._refused(lambda refusal: "id" not in refusal.frame),
            "byes": sum(person.byes for person in self.everybody),
            "ends": dict(ends),
        }

    def _refused(self, which: Callable[[Refusal], bool]) -> int:
        return sum(which(refusal) for person in self.everybody for refusal in person.refusals)


def room_of(visitor: Person) -> str:
    """The ticket's room of a visitor whose opening was acknowledged."""
    (room,) = {room for room, _ in visitor.acked.values()}
    return room


async def eventually(true: Callable[[], bool], seconds: float) -> None:
    """Wait until something holds; TimeoutError after so many seconds."""
    until = time.monotonic() + seconds
    while not true():
        if time.monotonic() > until:
            raise TimeoutError("it did not become true")
        await asyncio.sleep(0.05)
