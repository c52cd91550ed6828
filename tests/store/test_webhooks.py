"""Outgoing webhooks: what is queued, what arrives, and what becomes of what does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import anyio
import msgspec
import pytest

from connectors.webhooks.deliverer import Deliverer, Patience
from connectors.webhooks.post import Poster, webhook_fetcher
from server.clock import new_id, now
from server.domain.commands import AddInteraction, AssignTicket, Envelope
from server.domain.webhook_resources import OutgoingWebhook, WebhookDelivery
from server.relay import webhooks as module
from server.relay.webhooks import KINDS, Webhooks
from server.store import webhooks
from server.store.listing import Slice
from server.store.pool import Store
from server.store.vault import Vault
from server.store.webhooks import Terms
from tests.people import Desk, opening, settle
from tests.people import says as text
from tests.sink import drips, hangs_up, in_turn, never_ends, says, sink, stalls
from tests.store.relaying import caught_up, until, written

SECRET = "whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQgc2VjcmV0IQ=="
VAULT = Vault(b"a secret key for tests, long enough")
LOOPBACK = (ip_network("127.0.0.0/8"),)
HASTY = Patience(
    lease=timedelta(minutes=1),
    first=timedelta(milliseconds=20),
    longest=timedelta(milliseconds=50),
)


async def hook(store: Store, desk: Desk, url: str, kinds: frozenset[str] = KINDS, **more: Any) -> UUID:
    """An endpoint of our workspace."""
    webhook_id = new_id()
    terms = Terms("A hook", url, tuple(sorted(kinds)), more.get("active", True))  # type: ignore[arg-type]
    async with store.write(desk.workspace_id) as db:
        await webhooks.add_webhook(db, desk.workspace_id, webhook_id, terms, VAULT.seal(SECRET.encode()))
    return webhook_id


async def queued(store: Store) -> list[tuple[UUID, set[UUID]]]:
    """Let the consumer queue all that has happened; who was notified."""
    told: list[tuple[UUID, set[UUID]]] = []
    consumer = Webhooks(store, lambda: None, lambda workspace, agents: told.append((workspace, set(agents))))
    await caught_up(store, consumer.handle, name=module.CONSUMER)
    return told


async def look(store: Store, desk: Desk, webhook_id: UUID) -> list[WebhookDelivery]:
    """An endpoint's deliveries, the oldest first."""
    async with store.read(desk.workspace_id) as db:
        rows = await webhooks.list_deliveries(db, desk.workspace_id, webhook_id, {}, Slice("at", False, 500))
    return sorted(map(webhooks.delivery, rows), key=lambda one: (one.ticket_id, one.seq))


async def find(store: Store, desk: Desk, webhook_id: UUID) -> OutgoingWebhook:
    async with store.read(desk.workspace_id) as db:
        found = await webhooks.find_webhook(db, desk.workspace_id, webhook_id)
    assert found is not None
    return found


async def error_of(store: Store, desk: Desk, webhook_id: UUID) -> str:
    """What an endpoint failed with, once it has."""
    with anyio.fail_after(60):
        while (error := (await find(store, desk, webhook_id)).last_error) is None:  # noqa: ASYNC110
            await anyio.sleep(0.02)
    return error


@asynccontextmanager
async def delivering(
    store: Store, patience: Patience = HASTY, seconds: float = 60, told: Any = None
) -> AsyncIterator[Deliverer]:
    """A deliverer that runs."""
    poster = Poster(webhook_fetcher(LOOPBACK), VAULT, seconds)
    deliverer = Deliverer(store, poster, told or (lambda *_: None), patience)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(deliverer.run)
        yield deliverer
        tasks.cancel_scope.cancel()


async def all_settled(store: Store, desk: Desk, webhook_id: UUID) -> list[WebhookDelivery]:
    with anyio.fail_after(60):
        while True:
            found = await look(store, desk, webhook_id)
            if found and all(one.state != "queued" for one in found):
                return found
            await anyio.sleep(0.02)


async def spoken(store: Store, desk: Desk, messages: int) -> UUID:
    """A ticket with so many messages after its first."""
    command = opening(desk)
    await written(store, Envelope(desk.vic, command))
    for n in range(messages):
        await written(store, Envelope(desk.vic, AddInteraction(command.ticket_id, text(f"secret words {n}"))))
    return command.ticket_id


async def test_what_happened_arrives_signed_in_order_and_without_what_was_said(store: Store) -> None:
    desk = await settle(store)
    async with sink(says(204)) as endpoint:
        webhook_id = await hook(store, desk, endpoint.url)
        ticket_id = await spoken(store, desk, 3)
        await queued(store)
        async with delivering(store):
            settled = await all_settled(store, desk, webhook_id)
    assert [one.state for one in settled] == ["delivered"] * 5
    assert endpoint.seqs == [1, 2, 3, 4, 5]
    assert [told.body["type"] for told in endpoint.told] == ["ticket_opened"] + ["interaction_added"] * 4
    assert {told.body["data"]["ticket"]["id"] for told in endpoint.told} == {str(ticket_id)}
    assert all(told.is_signed_with(SECRET) for told in endpoint.told)
    assert not any(told.is_signed_with("whsec_b3RoZXI=") for told in endpoint.told)
    assert [told.id for told in endpoint.told] == [
        str(one.id) for one in sorted(settled, key=lambda o: o.seq)
    ]
    assert b"secret words" not in b"".join(told.raw for told in endpoint.told)
    assert b"Where is my order" not in b"".join(told.raw for told in endpoint.told)


async def test_an_event_that_is_told_twice_is_one_delivery(store: Store) -> None:
    desk = await settle(store)
    webhook_id = await hook(store, desk, "http://127.0.0.1:9/")
    await spoken(store, desk, 1)
    await queued(store)
    once = await look(store, desk, webhook_id)
    consumer = Webhooks(store, lambda: None, lambda *_: None)
    await caught_up(store, consumer.handle, name="the same once more")
    assert await look(store, desk, webhook_id) == once
    assert len(once) == 3


async def test_only_what_is_wanted_and_happened_since_is_told(store: Store) -> None:
    desk = await settle(store)
    old = await spoken(store, desk, 1)
    await written(store, Envelope(desk.alice, AssignTicket(old, assignee_id=desk.bob.id)))
    some = await hook(store, desk, "http://127.0.0.1:9/", frozenset({"ticket_assigned"}))
    off = await hook(store, desk, "http://127.0.0.1:9/", active=False)
    ticket_id = await spoken(store, desk, 1)
    await written(store, Envelope(desk.alice, AssignTicket(ticket_id, assignee_id=desk.bob.id)))
    await queued(store)
    assert [(one.kind, one.ticket_id) for one in await look(store, desk, some)] == [
        ("ticket_assigned", ticket_id)
    ]
    assert await look(store, desk, off) == []


async def test_another_workspace_hears_nothing(store: Store) -> None:
    desk = await settle(store)
    theirs = msgspec.structs.replace(desk, workspace_id=desk.other_workspace_id)
    webhook_id = await hook(store, theirs, "http://127.0.0.1:9/")
    await spoken(store, desk, 2)
    await queued(store)
    assert await look(store, theirs, webhook_id) == []
    async with store.read(desk.workspace_id) as db:
        assert await webhooks.find_webhook(db, desk.workspace_id, webhook_id) is None


async def test_what_fails_for_now_is_tried_again_under_the_same_id_and_nothing_overtakes_it(
    store: Store,
) -> None:
    desk = await settle(store)
    async with sink(in_turn(says(500), hangs_up, says(429, retry_after="0"), says(200))) as endpoint:
        webhook_id = await hook(store, desk, endpoint.url)
        await spoken(store, desk, 2)
        await queued(store)
        async with delivering(store):
            settled = await all_settled(store, desk, webhook_id)
    assert endpoint.seqs == [1, 1, 1, 1, 2, 3, 4]
    assert len({told.id for told in endpoint.told[:4]}) == 1
    assert [one.state for one in settled] == ["delivered"] * 4
    assert sorted(one.attempts for one in settled) == [1, 1, 1, 4]
    assert (await find(store, desk, webhook_id)).failing_since is None


async def test_another_ticket_does_not_wait_for_one_that_is_tried_again(store: Store) -> None:
    desk = await settle(store)

    async def first_ticket_fails(told: Any, writer: Any) -> None:
        bad = told.body["data"]["ticket"]["number"] == 1
        await says(500 if bad else 200)(told, writer)

    async def by_ticket() -> Counter[Any]:
        return Counter((one.ticket_id, one.state) for one in await look(store, desk, webhook_id))

    patience = msgspec.structs.replace(HASTY, first=timedelta(minutes=1), longest=timedelta(minutes=1))
    async with sink(first_ticket_fails) as endpoint:
        webhook_id = await hook(store, desk, endpoint.url)
        stuck = await spoken(store, desk, 2)
        free = await spoken(store, desk, 2)
        await queued(store)
        async with delivering(store, patience):
            with anyio.fail_after(60):
                while (states := await by_ticket())[free, "delivered"] < 4:  # noqa: ASYNC110
                    await anyio.sleep(0.02)
    assert states == {(stuck, "queued"): 4, (free, "delivered"): 4}
    assert len(endpoint.told) == 5


async def test_what_is_refused_fails_at_once_and_can_be_sent_again(store: Store) -> None:
    desk = await settle(store)
    async with sink(in_turn(says(404), says(302, location="http://127.0.0.1:1/"), says(200))) as endpoint:
        webhook_id = await hook(store, desk, endpoint.url)
        await spoken(store, desk, 1)
        await queued(store)
        async with delivering(store):
            settled = await all_settled(store, desk, webhook_id)
            assert [(one.state, one.status) for one in settled if one.seq < 3] == [
                ("failed", 404),
                ("failed", 302),
            ]
            lost = next(one for one in settled if one.seq == 1)
            async with store.write(desk.workspace_id) as db:
                assert await webhooks.retry(db, desk.workspace_id, webhook_id, lost.id)
                assert not await webhooks.retry(db, desk.workspace_id, webhook_id, lost.id)
            await until(lambda: len(endpoint.told) == 4)
    assert endpoint.told[3].id == endpoint.told[0].id == str(lost.id)


async def test_private_addresses_are_refused_before_connecting(store: Store) -> None:
    desk = await settle(store)
    async with sink(says(200)) as endpoint:
        webhook_id = await hook(store, desk, endpoint.url)
        await spoken(store, desk, 0)
        await queued(store)
        poster = Poster(webhook_fetcher(()), VAULT)
        deliverer = Deliverer(store, poster, lambda *_: None, HASTY)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(deliverer.run)
            settled = await all_settled(store, desk, webhook_id)
            tasks.cancel_scope.cancel()
        assert endpoint.connections == 0
    assert {(one.state, one.status) for one in settled} == {("failed", None)}
    assert {one.error for one in settled} <= {"not a public address"} | {
        f"port {endpoint.url[17:22].strip('/')}"
    }


async def test_endpoints_that_stall_drip_or_never_end_delay_no_other(store: Store) -> None:
    desk = await settle(store)
    async with (
        sink(stalls) as stalling,
        sink(drips) as dripping,
        sink(never_ends) as endless,
        sink(says(200)) as well,
    ):
        hooks = [await hook(store, desk, one.url) for one in (stalling, dripping, endless, well)]
        await spoken(store, desk, 20)
        await queued(store)
        patience = msgspec.structs.replace(HASTY, first=timedelta(minutes=1), longest=timedelta(minutes=1))
        async with delivering(store, patience, seconds=600):  # nobody has timed out
            await until(lambda: len(well.told) == 22)
            await until(lambda: len(endless.told) == 22)  # its head is enough
            await until(lambda: len(stalling.told) == len(dripping.told) == 1)
        async with delivering(store, patience, seconds=1):
            for one in hooks[:2]:
                assert await error_of(store, desk, one) == "no answer within 1 s"


async def test_a_kill_between_queueing_and_delivery_loses_nothing(store: Store) -> None:
    desk = await settle(store)
    async with sink(says(200)) as endpoint:
        webhook_id = await hook(store, desk, endpoint.url)
        await spoken(store, desk, 1)
        await queued(store)
        async with store.across() as db:
            (claimed,) = await webhooks.claim(db, 20, 20, timedelta(milliseconds=600), [], new_id())
        async with store.write(desk.workspace_id) as db:
            attempt = await webhooks.begin(db, claimed)
        assert attempt is not None
        await Poster(webhook_fetcher(LOOPBACK), VAULT).post(
            attempt.url, attempt.secret, attempt.id, attempt.body.encode()
        )
        # Killed before it could note that; another process takes over once the lease has ended.
        async with delivering(store):
            settled = await all_settled(store, desk, webhook_id)
    assert [one.state for one in settled] == ["delivered"] * 3
    assert endpoint.seqs == [1, 1, 2, 3]
    assert endpoint.told[0].id == endpoint.told[1].id
    assert endpoint.told[0].raw == endpoint.told[1].raw


async def test_a_process_that_stops_leaves_nothing_behind_that_others_must_wait_for(store: Store) -> None:
    desk = await settle(store)
    patience = msgspec.structs.replace(HASTY, lease=timedelta(hours=1))
    async with sink(in_turn(stalls, says(200))) as endpoint:
        webhook_id = await hook(store, desk, endpoint.url)
        await spoken(store, desk, 1)
        await queued(store)
        async with delivering(store, patience, seconds=30):
            await until(lambda: len(endpoint.told) == 1)
        async with delivering(store, patience):
            settled = await all_settled(store, desk, webhook_id)
    assert [one.state for one in settled] == ["delivered"] * 3
    assert endpoint.seqs == [1, 1, 2, 3]
    assert endpoint.told[0].id == endpoint.told[1].id


async def test_two_processes_keep_the_order_of_a_ticket(store: Store) -> None:
    desk = await settle(store)
    async with sink(says(200)) as endpoint:
        webhook_id = await hook(store, desk, endpoint.url)
        tickets = [await spoken(store, desk, 6) for _ in range(3)]
        await queued(store)
        async with delivering(store), delivering(store):
            await all_settled(store, desk, webhook_id)
    told = [(one.body["data"]["ticket"]["id"], one.body["data"]["seq"]) for one in endpoint.told]
    for ticket_id in tickets:
        assert [seq for ticket, seq in told if ticket == str(ticket_id)] == list(range(1, 9))


async def test_a_batch_that_takes_longer_than_its_lease_stays_with_who_delivers_it(store: Store) -> None:
    desk = await settle(store)

    held: list[datetime] = []  # until when, at each request

    async def looking(told: Any, writer: Any) -> None:
        async with store.read(desk.workspace_id) as db:
            last = "SELECT next_attempt_at FROM webhook_deliveries WHERE id = $1"
            held.append(await db.fetchval(last, UUID(told.id)))
        await says(200)(told, writer)

    async with sink(looking) as endpoint:
        webhook_id = await hook(store, desk, endpoint.url, frozenset({"ticket_opened"}))
        for _ in range(8):
            await spoken(store, desk, 0)
        await queued(store)
        async with delivering(store), delivering(store):
            settled = await all_settled(store, desk, webhook_id)
    assert [one.attempts for one in settled] == [1] * 8
    assert len({told.id for told in endpoint.told}) == len(endpoint.told) == 8
    assert len(set(held)) == 8, "each request is held for a lease of its own"


async def test_an_endpoint_that_fails_for_long_is_given_up_and_the_admins_are_told(store: Store) -> None:
    desk = await settle(store)
    told: list[tuple[UUID, set[UUID]]] = []
    patience = msgspec.structs.replace(HASTY, endpoint=timedelta(milliseconds=200))
    async with sink(says(503)) as endpoint:
        webhook_id = await hook(store, desk, endpoint.url)
        await spoken(store, desk, 1)
        await queued(store)
        async with delivering(
            store, patience, told=lambda workspace, ids: told.append((workspace, set(ids)))
        ):
            settled = await all_settled(store, desk, webhook_id)
    assert told == [(desk.workspace_id, {desk.alice.id})]
    assert {one.state for one in settled} == {"failed"}
    found = await find(store, desk, webhook_id)
    assert (found.active, found.last_error) == (False, "503")
    assert found.disabled_at is not None
    await spoken(store, desk, 1)
    await queued(store)
    assert len(await look(store, desk, webhook_id)) == 3


async def test_one_that_says_it_is_gone_is_given_up_at_once(store: Store) -> None:
    desk = await settle(store)
    async with sink(says(410)) as endpoint:
        webhook_id = await hook(store, desk, endpoint.url)
        await spoken(store, desk, 2)
        await queued(store)
        async with delivering(store):
            await all_settled(store, desk, webhook_id)
    assert len(endpoint.told) == 1
    assert not (await find(store, desk, webhook_id)).active


async def test_a_delivery_is_tried_for_its_time_and_no_longer(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await settle(store)
    patience = msgspec.structs.replace(HASTY, delivery=timedelta(hours=1))

    def later() -> datetime:
        return now() + timedelta(hours=1)

    async def fails(told: Any, writer: Any) -> None:
        if len(endpoint.told) == 4:
            monkeypatch.setattr("connectors.webhooks.deliverer.now", later)
        await says(500)(told, writer)

    async with sink(fails) as endpoint:
        webhook_id = await hook(store, desk, endpoint.url)
        await spoken(store, desk, 0)
        await queued(store)
        async with delivering(store, patience):
            settled = await all_settled(store, desk, webhook_id)
    assert [(one.state, one.status) for one in settled] == [("failed", 500)] * 2
    assert [one.attempts for one in settled] == [4, 1]


async def test_a_queue_that_only_grows_ends(store: Store, monkeypatch: Any) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 5)
    desk = await settle(store)
    webhook_id = await hook(store, desk, "http://127.0.0.1:9/")
    await spoken(store, desk, 7)
    assert await queued(store) == [(desk.workspace_id, {desk.alice.id})]
    assert {one.state for one in await look(store, desk, webhook_id)} == {"failed"}
    assert not (await find(store, desk, webhook_id)).active


async def test_what_was_settled_long_ago_is_forgotten(store: Store) -> None:
    desk = await settle(store)
    async with sink(in_turn(says(404), says(200))) as endpoint:
        webhook_id = await hook(store, desk, endpoint.url)
        await spoken(store, desk, 0)
        await queued(store)
        async with delivering(store):
            await all_settled(store, desk, webhook_id)
    await spoken(store, desk, 0)
    await queued(store)
    async with store.write(desk.workspace_id) as db:
        assert await webhooks.sweep(db, desk.workspace_id, timedelta(days=1)) == 0
    async with store.write(desk.workspace_id) as db:
        assert await webhooks.sweep(db, desk.workspace_id, timedelta(0)) == 2
    assert {one.state for one in await look(store, desk, webhook_id)} == {"queued"}
