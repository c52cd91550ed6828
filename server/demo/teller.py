"""Tells the planned lives through the one writer, in the order of their time, on a clock that they move.

The SLA clocks of that time ring too: after each step the ticket's armed targets are set beside the steps to
come, so that a warning and a breach happen when they would have, and nothing old is left running.
"""

from __future__ import annotations

import heapq
import io
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import assert_never
from uuid import UUID

import anyio.to_thread
import msgspec

from server.demo.cast import Cast
from server.demo.picture import draw_glow
from server.demo.plan import Life, Planned
from server.domain.commands import (
    AddInteraction,
    AssignTicket,
    ChangeStatus,
    ChangeTicket,
    Command,
    Envelope,
    NewInteraction,
    OpenTicket,
    RingClock,
)
from server.domain.events import InteractionType, Priority
from server.domain.identity import Actor, Customer, System
from server.domain.ids import uuid7
from server.domain.ticket import Ticket
from server.handle import Handle
from server.store import attachments, demo
from server.store.blobs import Blobs
from server.store.pool import Connection

_RINGS_AFTER = timedelta(milliseconds=30)
_WORKSHOP = 5  # the light agent's place among the agents


class _Told(msgspec.Struct):
    """A life that has begun."""

    life: Life
    ticket_id: UUID
    ticket: Ticket | None = None


class _Due(msgspec.Struct, frozen=True):
    """Something that is going to happen to a ticket: a planned step, or a command of a clock."""

    told: _Told
    step: Planned | RingClock


class Teller:
    """Tells all lives up to an instant, in a transaction of the caller."""

    def __init__(self, db: Connection, blobs: Blobs, cast: Cast, chance: Random) -> None:
        self._db = db
        self._blobs = blobs
        self._cast = cast
        self._chance = chance
        self._due: list[tuple[datetime, int, _Due]] = []
        self._places = count()
        self._armed: set[RingClock] = set()
        self.at = datetime.min.replace(tzinfo=UTC)

    async def tell(
        self, handle: Handle, lives: list[Life], until: datetime, progress: Callable[[int], None]
    ) -> None:
        """Tell them; `progress` hears how many have begun."""
        for life in lives:
            opening = Planned(life.opens_at, "customer", life.text)
            self._put(life.opens_at, _Due(_Told(life, id_at(life.opens_at)), opening))
        begun = 0
        while self._due and self._due[0][0] < until:
            self.at, _, due = heapq.heappop(self._due)
            if due.told.ticket is None:
                begun += 1
                progress(begun)
            await self._do(handle, due)

    def _put(self, at: datetime, due: _Due) -> None:
        heapq.heappush(self._due, (at, next(self._places), due))

    async def _do(self, handle: Handle, due: _Due) -> None:
        told = due.told
        for actor, command in await self._commands(due):
            outcome = await handle.submit(Envelope(actor, command))
            if told.ticket is None:
                for step in told.life.steps:
                    self._put(step.at, _Due(told, step))
            told.ticket = outcome.ticket
        self._arm(told)

    def _arm(self, told: _Told) -> None:
        assert told.ticket is not None
        for target in told.ticket.targets:
            if target.next_at is None:
                continue
            command = RingClock(told.ticket_id, target.target, target.next_at)
            if command not in self._armed:
                self._armed.add(command)
                self._put(target.next_at + _RINGS_AFTER, _Due(told, command))

    async def _commands(self, due: _Due) -> list[tuple[Actor, Command]]:
        """Who asks for what."""
        told, step = due.told, due.step
        workspace_id, ticket_id = self._cast.workspace_id, told.ticket_id
        clock = System(workspace_id, "SLA clock")
        if isinstance(step, RingClock):
            return [(clock, step)]
        language, place = told.life.customer
        customer, agent = self._cast.customers[language][place], self._cast.agents[told.life.agent]
        if told.ticket is None:
            return [(customer, await self._opening(told, customer, step))]
        match step.verb:
            case "customer" | "agent" | "note" | "workshop" | "photo":
                actor: Actor = customer if step.verb in ("customer", "photo") else agent
                if step.verb == "workshop":
                    actor = self._cast.agents[_WORKSHOP]
                said = self._said(step)
                if step.verb == "photo":
                    files = (await self._keep("photo.png", customer, step.at),)
                    said = msgspec.structs.replace(said, attachment_ids=files)
                return [(actor, AddInteraction(ticket_id, said))]
            case "take":
                team = self._cast.teams[told.life.story.team]
                return [
                    (agent, AssignTicket(ticket_id, agent.id, team)),
                    (agent, ChangeStatus(ticket_id, "open")),
                ]
            case "raise":
                return [(agent, ChangeTicket(ticket_id, priority=msgspec.convert(step.text, Priority)))]
            case "closed":
                return [(System(workspace_id), ChangeStatus(ticket_id, "closed"))]
            case "pending" | "on_hold" | "open" | "resolved":
                reason_id = self._cast.reasons[step.text] if step.text else None
                return [(agent, ChangeStatus(ticket_id, step.verb, reason_id))]
            case _:
                assert_never(step.verb)

    async def _opening(self, told: _Told, customer: Customer, step: Planned) -> OpenTicket:
        story = told.life.story
        said = self._said(step)
        if story.file is not None:
            files = (await self._keep(story.file, customer, step.at),)
            said = msgspec.structs.replace(said, attachment_ids=files)
        return OpenTicket(
            told.ticket_id,
            self._cast.inboxes[story.channel],
            story.channel,
            customer.id,
            told.life.subject,
            said,
            priority=story.priority,
            tag_ids=tuple(self._cast.tags[tag] for tag in story.tags),
            customer_name=customer.name,
        )

    def _said(self, step: Planned) -> NewInteraction:
        kind: InteractionType = "note" if step.verb in ("note", "workshop") else "message"
        return NewInteraction(id_at(step.at), kind, step.text)

    async def _keep(self, filename: str, customer: Customer, at: datetime) -> UUID:
        """A picture that the customer has uploaded."""
        workspace_id = self._cast.workspace_id
        source = io.BytesIO(draw_glow(self._chance))
        size = len(source.getvalue())
        blob = await anyio.to_thread.run_sync(self._blobs.write, workspace_id, source, size)
        file = attachments.Uploaded(
            id_at(at), filename, "image/png", size, blob.key, customer.type, customer.id
        )
        await attachments.add_attachment(self._db, workspace_id, file)
        await demo.date_attachment(self._db, workspace_id, file.id, at)
        return file.id


def id_at(at: datetime) -> UUID:
    """An id as it would have been made at that instant."""
    return uuid7(int(at.timestamp() * 1000), int.from_bytes(os.urandom(10), "big"))
