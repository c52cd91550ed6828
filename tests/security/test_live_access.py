"""Rows W1, W6, J1, J2 on the socket: who may open one, with what, and how much they may say."""

from __future__ import annotations

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from server.store.pool import Store
from tests.live.desk import LiveDesk, live_desk, room_of
from tests.live.raw import raw
from tests.security.test_http_sign_in import forged, misused


async def refused_hello(desk: LiveDesk, **hello: object) -> None:
    """Nobody: one answer for every kind of wrong credential."""
    client = await desk.connect()
    await client.say("hello", v=1, **hello)
    assert await client.closed() == 4401
    assert client.heard == [
        {"op": "refused", "code": "unauthorized", "detail": "Sign in first", "retry": False}
    ]


async def test_only_our_own_pages_may_open_a_socket(store: Store) -> None:
    async with live_desk(store) as desk:
        host = f"127.0.0.1:{desk.port}"
        for origin in (
            "https://evil.example",
            "null",
            "https://allowed.example.evil.com",
            f"http://{host}.evil.example",
            f"http://evil.example/{host}",
            f"http://evil.example?{host}",
            f"http://evil.example#{host}",
            f"http://{host}@evil.example",
            f"http://evil.example@{host}",
            f"http://127.0.0.1:{desk.port + 1}",
            f"http://{host}/path",
            "http://",
            "",
            "file://",
            f"javascript://{host}",
            f"chrome-extension://{host}",
        ):
            async with raw(desk.port, headers={"Origin": origin}) as client:
                assert client.status == 403, origin
        async with raw(desk.port, headers={"Origin": f"http://{host}", "origin": "http://x"}) as twice:
            assert twice.status == 403
        async with raw(desk.port, headers={"Origin": f"http://{host}"}) as own:
            assert own.status == 101
        async with raw(desk.port) as none:
            assert none.status == 101
        async with raw(desk.port, path="/ws/other") as elsewhere:
            assert elsewhere.status == 404


async def test_a_public_address_is_an_own_page_too(store: Store) -> None:
    async with live_desk(store, public_url="http://desk.example") as desk:
        async with raw(desk.port, headers={"Origin": "http://desk.example"}) as own:
            assert own.status == 101
        async with raw(desk.port, headers={"Origin": "https://desk.example"}) as other_scheme:
            assert other_scheme.status == 403


async def test_a_cookie_counts_only_beside_our_origin(store: Store) -> None:
    async with live_desk(store) as desk:
        _, cookie = await desk.session(desk.people.bob)
        console = await desk.connect(origin=desk.origin, additional_headers={"Cookie": cookie})
        await console.say("hello", v=1)
        assert (await console.hear("welcome"))["me"]["name"] == "Bob"
        script = await desk.connect(additional_headers={"Cookie": cookie})
        await script.say("hello", v=1)
        assert await script.closed() == 4401
        with pytest.raises(InvalidStatus):
            await desk.connect(origin="https://evil.example", additional_headers={"Cookie": cookie})
        for wrong in (cookie[:-1], cookie + "0", "parley=", "parley=%00", "other=1", "parley"):
            client = await desk.connect(origin=desk.origin, additional_headers={"Cookie": wrong})
            await client.say("hello", v=1)
            assert await client.closed() == 4401


async def test_no_forged_or_misused_token_opens_a_socket(store: Store) -> None:
    async with live_desk(store) as desk:
        made = {**forged(desk), **misused(desk)}  # type: ignore[arg-type]
        assert len(made) > 20
        for token in made.values():
            await refused_hello(desk, token=token)


async def test_nothing_else_is_a_token(store: Store) -> None:
    async with live_desk(store) as desk:
        _, token = await desk.token(desk.people.bob)
        _, cookie = await desk.session(desk.people.bob)
        for wrong in (None, "", "parley_", token[:-1], token + "x", token.upper(), cookie.partition("=")[2]):
            await refused_hello(desk, token=wrong)
        await refused_hello(desk)
        async with raw(desk.port, path=f"/ws?token={token}") as in_the_address:
            assert (
                in_the_address.status == 101
            )  # and says nothing: the address is logged, it is no credential
        client = await desk.connect()
        await client.say("hello", v=1, token="x" * 5000)
        assert (await client.hear("refused"))["code"] == "invalid"


@pytest.mark.usefixtures("no_period_ends")
async def test_a_visitors_messages_and_conversations_are_limited_and_agents_go_on(store: Store) -> None:
    async with live_desk(store) as desk:
        room = room_of(await desk.ticket())
        vic, bob = await desk.visitor(), await desk.agent(desk.people.bob)
        await vic.join(room)
        for number in range(60):
            await vic.ack(room, f"{number}")
        refused = await vic.hear("refused", id=await vic.send(room, "one too many"))
        assert (refused["code"], refused["retry"]) == ("rate_limited", True)
        assert 0 < refused["retry_after_ms"] <= 60_000
        again = await desk.visitor()
        assert (await again.hear("refused", id=await again.send(room, "x")))["code"] == "rate_limited"
        for number in range(100):
            await bob.ack(room, f"{number}")

        inbox = f"inbox:{desk.people.chat}"
        walter = await desk.visitor(await desk.another_visitor())
        for number in range(30):
            await walter.ack(inbox, f"{number}")
        assert (await walter.hear("refused", id=await walter.send(inbox, "x")))["code"] == "rate_limited"


async def test_two_hundred_frames_at_once_are_too_many_for_a_visitor(store: Store) -> None:
    async with live_desk(store) as desk:
        vic = await desk.visitor()
        with pytest.raises(ConnectionClosed):
            for _ in range(200):
                await vic.say("typing", room="ticket:x", on=True)
            await vic.socket.wait_closed()
            await vic.say("ping")
        assert await vic.closed() == 4429


@pytest.mark.usefixtures("no_period_ends")
async def test_rates_are_by_address_too(store: Store) -> None:
    """Fresh visits do not buy more conversations, and forging a forwarding header buys none."""
    async with live_desk(store) as desk:
        inbox = f"inbox:{desk.people.chat}"
        codes = []
        for number in range(33):
            token = desk.visit(await desk.another_visitor(f"W{number}"))
            client = await desk.connect(additional_headers={"X-Forwarded-For": f"10.0.0.{number}"})
            await client.say("hello", v=1, token=token)
            await client.send(inbox, "Hello")
            codes.append((await client.hear_any("ack", "refused"))["op"])
            await client.socket.close()
        assert codes == ["ack"] * 30 + ["refused"] * 3
