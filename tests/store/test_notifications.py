"""Notifications: who is told of what, once, and who is not."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import msgspec
import pytest

from server.clock import new_id, now
from server.domain.commands import AddInteraction, AssignTicket, Envelope, RingClock
from server.domain.events import Event, SlaBreached, SlaEscalated, SlaWarned, encode_event
from server.domain.identity import Agent
from server.domain.sla.policy import (
    Action,
    CallWebhook,
    Conditions,
    NotifyAgents,
    NotifyAssignee,
    NotifyTeam,
    Percent,
    Promise,
    Step,
)
from server.relay import notifications as module
from server.relay import webhooks as calling
from server.relay.notifications import Notifications
from server.relay.webhooks import Webhooks
from server.store import agents, notifications, sla_policies
from server.store.log import Entry
from server.store.pool import Store
from server.store.sla_policies import Written
from tests.people import Desk, opening, says, settle
from tests.store.relaying import caught_up, written
from tests.store.test_webhooks import hook, look

Seen = dict[str, list[str]]


async def notified(store: Store, desk: Desk, name: str = module.CONSUMER) -> list[tuple[UUID, set[UUID]]]:
    """Let the consumer tell of all that has happened; whom it said has another count."""
    told: list[tuple[UUID, set[UUID]]] = []
    consumer = Notifications(store, lambda workspace, ids: told.append((workspace, set(ids))))
    await caught_up(store, consumer.handle, name=name)
    return told


async def seen(store: Store, desk: Desk) -> Seen:
    """What each of our agents has, in order."""
    names = {agent.id: agent.name for agent in (desk.alice, desk.bob, desk.lou, desk.olga)}
    async with store.read(desk.workspace_id) as db:
        rows = await db.fetch("SELECT agent_id, kind FROM notifications ORDER BY at, seq")
    found: Seen = {}
    for row in rows:
        found.setdefault(names[row["agent_id"]], []).append(row["kind"])
    return found


def all_have(*kinds: str, of: list[str]) -> Seen:
    """Each of these people has just this."""
    return {name: list(kinds) for name in of}


async def ticket(store: Store, desk: Desk, assignee: Agent | None = None, team: UUID | None = None) -> UUID:
    """A ticket that Parley itself gave somebody, told to nobody."""
    command = opening(desk)
    await written(store, Envelope(desk.vic, command))
    async with store.write(desk.workspace_id) as db:
        await db.execute(
            "UPDATE tickets SET assignee_id = $1, team_id = $2 WHERE id = $3",
            None if assignee is None else assignee.id, team, command.ticket_id,
        )  # fmt: skip
    return command.ticket_id


def entry(desk: Desk, ticket_id: UUID, event: Event, seq: int = 50, at: datetime | None = None) -> Entry:
    """An event as the log tells it."""
    data = encode_event(event)
    kind = msgspec.json.decode(data)["type"]
    return Entry(0, seq, desk.workspace_id, ticket_id, seq, None, kind, at or now(), "system", None, data)


WARNED = SlaWarned("first_response", now())
BREACHED = SlaBreached("first_response", now())


async def tell(store: Store, *entries: Entry) -> None:
    await Notifications(store, lambda *_: None).handle(entries)


async def test_a_warning_is_for_whoever_has_the_ticket(store: Store) -> None:
    desk = await settle(store)
    one = await ticket(store, desk, desk.bob, desk.team)
    await tell(store, entry(desk, one, WARNED))
    assert await seen(store, desk) == {"Bob": ["sla_warned"]}


async def test_a_warning_is_for_the_team_while_nobody_has_the_ticket(store: Store) -> None:
    desk = await settle(store)
    one = await ticket(store, desk, None, desk.team)
    await tell(store, entry(desk, one, WARNED))
    assert await seen(store, desk) == {"Alice": ["sla_warned"], "Bob": ["sla_warned"]}


async def test_a_breach_is_for_both(store: Store) -> None:
    desk = await settle(store)
    one = await ticket(store, desk, desk.lou, desk.team)
    await tell(store, entry(desk, one, BREACHED))
    assert await seen(store, desk) == all_have("sla_breached", of=["Alice", "Bob", "Lou"])


async def come(store: Store, desk: Desk, status: str, *who: Agent) -> None:
    """These are there, so."""
    async with store.write(desk.workspace_id) as db:
        for agent in who:
            await db.execute(
                "INSERT INTO agent_presence (workspace_id, agent_id, status) VALUES ($1, $2, $3)",
                desk.workspace_id, agent.id, status,
            )  # fmt: skip


@pytest.mark.parametrize("event", [WARNED, BREACHED])
async def test_a_ticket_that_is_nobodys_is_for_the_admins_and_who_is_online_in_its_inbox(
    store: Store, event: SlaWarned | SlaBreached
) -> None:
    desk = await settle(store)
    await tell(store, entry(desk, await ticket(store, desk), event))
    kind = "sla_warned" if event is WARNED else "sla_breached"
    assert await seen(store, desk) == {"Alice": [kind]}  # away or not; Bob is offline
    await come(store, desk, "online", desk.bob, desk.olga, desk.lou)  # no inbox, and no right to answer
    one = await ticket(store, desk)
    await tell(store, entry(desk, one, event), entry(desk, one, event))
    assert await seen(store, desk) == {"Alice": [kind] * 2, "Bob": [kind]}
    await tell(store, entry(desk, await ticket(store, desk, desk.lou), event))  # hers
    assert await seen(store, desk) == {"Alice": [kind] * 2, "Bob": [kind], "Lou": [kind]}
    async with store.write(desk.workspace_id) as db:
        await agents.set_teams(db, desk.workspace_id, desk.bob.id, [])
    await tell(store, entry(desk, await ticket(store, desk, team=desk.team), event))  # Alice's team's
    assert await seen(store, desk) == {"Alice": [kind] * 3, "Bob": [kind], "Lou": [kind]}


async def test_so_many_are_told_of_a_ticket_that_is_nobodys_admins_first(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await settle(store)
    await come(store, desk, "online", desk.bob)
    monkeypatch.setattr(notifications, "_MAX_OF_INBOX", 1)
    await tell(store, entry(desk, await ticket(store, desk), BREACHED))
    assert await seen(store, desk) == {"Alice": ["sla_breached"]}


async def test_who_cannot_see_the_inbox_or_is_not_active_is_told_nothing(store: Store) -> None:
    desk = await settle(store)
    async with store.write(desk.workspace_id) as db:
        for agent in (desk.olga, desk.lou):
            await agents.set_teams(db, desk.workspace_id, agent.id, [desk.team])
        await agents.change_agent(db, desk.workspace_id, desk.lou.id, active=False)
        await agents.set_inboxes(db, desk.workspace_id, desk.alice.id, [])  # an admin sees it all the same
    one = await ticket(store, desk, desk.olga, desk.team)
    await tell(store, entry(desk, one, BREACHED))
    assert await seen(store, desk) == {"Alice": ["sla_breached"], "Bob": ["sla_breached"]}


async def test_an_assignment_is_for_whom_it_was_made_to_and_not_for_who_made_it(store: Store) -> None:
    desk = await settle(store)
    command = opening(desk)
    await written(store, Envelope(desk.vic, command))
    assign = [
        (desk.alice, AssignTicket(command.ticket_id, assignee_id=desk.bob.id)),  # Bob hears
        (desk.bob, AssignTicket(command.ticket_id, assignee_id=desk.bob.id, team_id=desk.team)),  # nobody
        (desk.alice, AssignTicket(command.ticket_id, team_id=None)),  # nobody: it was Bob's before
        (desk.alice, AssignTicket(command.ticket_id, team_id=desk.team)),  # nobody: he has it still
        (desk.bob, AssignTicket(command.ticket_id, assignee_id=None)),  # nobody: it was the team's before
        (desk.alice, AssignTicket(command.ticket_id, assignee_id=desk.alice.id)),  # she knows
    ]
    for actor, one in assign:
        await written(store, Envelope(actor, one))
    await notified(store, desk)
    assert await seen(store, desk) == {"Bob": ["ticket_assigned"]}
    other = opening(desk)
    await written(store, Envelope(desk.vic, other))
    await written(store, Envelope(desk.alice, AssignTicket(other.ticket_id, team_id=desk.team)))
    assert await notified(store, desk) == [(desk.workspace_id, {desk.bob.id})]
    assert await seen(store, desk) == {"Bob": ["ticket_assigned"] * 2}


async def test_what_is_told_twice_notifies_once(store: Store) -> None:
    desk = await settle(store)
    one = await ticket(store, desk, None, desk.team)
    told: list[object] = []
    consumer = Notifications(store, lambda *some: told.append(some))
    for _ in range(3):
        await consumer.handle([entry(desk, one, WARNED), entry(desk, one, BREACHED, 51)])
    assert await seen(store, desk) == all_have("sla_warned", "sla_breached", of=["Alice", "Bob"])
    assert len(told) == 1


async def test_history_rings_no_bell(store: Store) -> None:
    desk = await settle(store)
    one = await ticket(store, desk, desk.bob)
    await tell(store, entry(desk, one, WARNED, at=now() - timedelta(hours=25)))
    await tell(store, entry(desk, one, BREACHED, 51, at=now() - timedelta(hours=23)))
    assert await seen(store, desk) == {"Bob": ["sla_breached"]}


async def test_only_the_newest_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notifications, "MAX_KEPT", 3)
    desk = await settle(store)
    one = await ticket(store, desk, desk.bob, desk.team)
    await tell(store, entry(desk, one, BREACHED, 40))
    await tell(store, *(entry(desk, one, WARNED, seq) for seq in range(50, 57)))
    async with store.read(desk.workspace_id) as db:
        rows = await db.fetch("SELECT seq FROM notifications WHERE agent_id = $1 ORDER BY seq", desk.bob.id)
    assert [row["seq"] for row in rows] == [54, 55, 56]
    assert (await seen(store, desk))["Alice"] == ["sla_breached"]


async def test_another_workspace_is_told_nothing(store: Store) -> None:
    desk = await settle(store)
    one = await ticket(store, desk, desk.bob, desk.team)
    await tell(store, entry(desk, one, BREACHED))
    theirs = msgspec.structs.replace(desk, workspace_id=desk.other_workspace_id)
    await tell(store, entry(theirs, one, BREACHED, 60))  # a ticket of ours, in their name
    async with store.read(desk.other_workspace_id) as db:
        assert await db.fetchval("SELECT count(*) FROM notifications") == 0
        counts = await notifications.count_unread(db, desk.other_workspace_id, [desk.bob.id])
    assert counts == {}
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with store.write(desk.other_workspace_id) as db:
            await db.execute("UPDATE notifications SET workspace_id = $1", desk.workspace_id)
            await db.execute(
                "INSERT INTO notifications (workspace_id, id, agent_id, kind, at)"
                " VALUES ($1, $2, $3, $4, now())",
                desk.workspace_id, new_id(), desk.bob.id, "sla_warned",
            )  # fmt: skip


async def stepping(store: Store, desk: Desk, *actions: Action) -> UUID:
    """A ticket of a policy whose one step, at half its time, asks for these."""
    step = Step(new_id(), Percent(50), actions)
    promised = Promise("first_response", timedelta(hours=1), steps=(step,))
    policy_id = new_id()
    async with store.write(desk.workspace_id) as db:
        given = Written("P", "", True, Conditions(), (promised,))
        await sla_policies.add_policy(db, desk.workspace_id, policy_id, given)
    command = opening(desk)
    await written(store, Envelope(desk.vic, command))
    return command.ticket_id


async def ring(store: Store, desk: Desk, ticket_id: UUID) -> None:
    """Half of its time has passed: what the clock proposes is true."""
    past = timedelta(minutes=45)
    async with store.write(desk.workspace_id) as db:
        await db.execute(
            "UPDATE sla_targets SET started_at = started_at - past, since = since - past,"
            " due_at = due_at - past, next_at = next_at - past, rings = (SELECT jsonb_agg(jsonb_set("
            "r, '{0}', to_jsonb((r->>0)::timestamptz - past))) FROM jsonb_array_elements(rings) r)"
            " FROM (SELECT $2::interval AS past) p WHERE ticket_id = $1",
            ticket_id, past,
        )  # fmt: skip
        at = await db.fetchval("SELECT next_at FROM sla_targets WHERE ticket_id = $1", ticket_id)
    await written(store, Envelope(desk.system, RingClock(ticket_id, "first_response", at)))


async def test_a_step_tells_whom_it_names_and_calls_its_webhook_alone(store: Store) -> None:
    desk = await settle(store)
    called = await hook(store, desk, "http://127.0.0.1:9/", frozenset())
    other = await hook(store, desk, "http://127.0.0.1:9/", frozenset({"sla_warned"}))
    ticket_id = await stepping(
        store, desk, NotifyAgents((desk.lou.id, desk.olga.id)), NotifyTeam(desk.team), CallWebhook(called)
    )
    await ring(store, desk, ticket_id)
    await notified(store, desk)
    assert await seen(store, desk) == all_have("sla_escalated", of=["Alice", "Bob", "Lou"])
    await caught_up(store, Webhooks(store, lambda: None, lambda *_: None).handle, name=calling.CONSUMER)
    assert [(one.kind, one.ticket_id) for one in await look(store, desk, called)] == [
        ("sla_escalated", ticket_id)
    ]
    assert await look(store, desk, other) == []


async def test_a_step_tells_the_assignee(store: Store) -> None:
    desk = await settle(store)
    ticket_id = await stepping(store, desk, NotifyAssignee())
    await written(store, Envelope(desk.bob, AssignTicket(ticket_id, assignee_id=desk.bob.id)))
    await ring(store, desk, ticket_id)
    await notified(store, desk)
    assert await seen(store, desk) == {"Bob": ["sla_escalated"]}


async def test_a_step_whose_terms_are_gone_tells_nobody(store: Store) -> None:
    desk = await settle(store)
    one = await ticket(store, desk, desk.bob)
    await tell(store, entry(desk, one, SlaEscalated("resolution", now(), new_id(), new_id())))
    assert await seen(store, desk) == {}


async def test_what_nobody_need_know_writes_nothing(store: Store) -> None:
    desk = await settle(store)
    command = opening(desk)
    await written(store, Envelope(desk.vic, command))
    await written(store, Envelope(desk.bob, AddInteraction(command.ticket_id, says("Yes"))))
    assert await notified(store, desk) == []
