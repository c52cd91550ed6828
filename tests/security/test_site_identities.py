"""Row W2, between the sites of one workspace: customer 1 of one shop is not customer 1 of the other."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jwt
import pytest

from server.clock import now
from server.domain.commands import AddInteraction, Envelope
from server.domain.errors import NotFound
from server.domain.identity import Customer
from server.domain.rights import Action, check
from server.queries.tickets import find_scope
from server.store.pool import Store
from tests.http_desk import HttpDesk, serving
from tests.people import opening, says


class Site:
    """A chat inbox with a site of its own, which signs who its visitors are."""

    def __init__(self, desk: HttpDesk, inbox: str, secret: str) -> None:
        self._desk = desk
        self.inbox = inbox
        self._secret = secret

    @classmethod
    async def open(cls, desk: HttpDesk, name: str) -> Site:
        made = (await desk.alice.post("/inboxes", {"name": name, "channel": "chat"})).json()
        secret = (await desk.alice.post(f"/inboxes/{made['id']}/token")).json()["token"]
        return cls(desk, made["id"], secret)

    async def start(self, **claims: Any) -> dict[str, Any]:
        """A visit of the site's customer 1."""
        given = {"sub": "1", "exp": now() + timedelta(minutes=5), **claims}
        identity = jwt.encode(given, self._secret, algorithm="HS256")
        answer = await self._desk.nobody.post(
            "/widget/sessions", {"inbox_id": self.inbox, "identity": identity}
        )
        assert answer.status_code == 201, answer.text
        session: dict[str, Any] = answer.json()
        return session

    async def actor(self, session: dict[str, Any]) -> Customer:
        found = await self._desk.state.credentials.find_visit(session["token"])
        assert found is not None
        assert isinstance(found.actor, Customer)
        return found.actor


async def test_the_same_id_of_two_sites_is_two_people(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        lamps, knives = await Site.open(desk, "Lamps"), await Site.open(desk, "Knives")
        carla = await lamps.actor(await lamps.start(name="Carla", email="carla@customer.example"))
        command = opening(
            desk.people,
            inbox_id=UUID(lamps.inbox),
            customer_id=carla.id,
            visitor_id=carla.visitor_id,
        )
        ticket = (await desk.state.handle.submit(Envelope(carla, command))).ticket

        session = await knives.start()
        assert session["rooms"] == []
        assert session["customer"] == {"name": None, "email": None}
        stranger = await knives.actor(session)
        with pytest.raises(NotFound):
            await desk.state.handle.submit(Envelope(stranger, AddInteraction(ticket.id, says("Mine?"))))

        again = await lamps.start()
        assert [room["room"] for room in again["rooms"]] == [f"ticket:{ticket.id}"]
        assert again["customer"] == {"name": "Carla", "email": "carla@customer.example"}
        await desk.state.handle.submit(
            Envelope(await lamps.actor(again), AddInteraction(ticket.id, says("Mine!")))
        )


async def test_a_known_person_reads_at_a_site_only_what_was_said_there(store: Store, tmp_path: Path) -> None:
    """Even when both sites are known to mean the same customer, by a right given too widely."""
    async with serving(store, tmp_path) as desk:
        lamps, knives = await Site.open(desk, "Lamps"), await Site.open(desk, "Knives")
        carla = await lamps.actor(await lamps.start())
        command = opening(
            desk.people, inbox_id=UUID(lamps.inbox), customer_id=carla.id, visitor_id=carla.visitor_id
        )
        ticket = (await desk.state.handle.submit(Envelope(carla, command))).ticket
        async with store.read(desk.people.workspace_id) as db:
            scope = await find_scope(db, desk.people.workspace_id, ticket.id)
        assert scope is not None
        visit = (await knives.actor(await knives.start())).visitor_id
        elsewhere = Customer(carla.workspace_id, carla.id, "Carla", visit, UUID(knives.inbox), verified=True)
        check(carla, Action.READ_TICKET, scope)
        with pytest.raises(NotFound):
            check(elsewhere, Action.READ_TICKET, scope)
