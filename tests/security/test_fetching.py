"""Addresses that others name: nothing of ours is ever asked, however it is spelt or redirected to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from connectors.fetch.fetch import Fetcher, FetchFailed, FetchRefused

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]

# One machine in many spellings; whoever understands one of them must not connect.
INSIDE = [
    "127.0.0.1", "127.1", "127.0.1", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "017700000001", "2130706433",
    "0", "0.0.0.0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]",
    "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fd00:ec2::254]", "[fe80::1]",
    "169.254.169.254",
    "0xa9fea9fe", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1", "localhost", "localhost.",
    "LOCALHOST", "127.0.0.1.",
]  # fmt: skip


@asynccontextmanager
async def inside(answer: Answer) -> AsyncIterator[tuple[int, list[bytes]]]:
    """A server of our own network; every request that it gets is kept."""
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        try:
            await answer(writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], asked


async def ok(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 3\r\n\r\npng")
    await writer.drain()


@pytest.mark.parametrize("host", INSIDE)
async def test_no_spelling_of_our_network_is_connected_to(host: str) -> None:
    async with inside(ok) as (port, asked):
        fetcher = Fetcher(ports=None)
        with pytest.raises((FetchRefused, FetchFailed)) as refused:
            await fetcher.get(f"http://{host}:{port}/", max_bytes=1000, seconds=60)
        assert asked == []
        assert "127" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.org/", "gopher://example.org:70/", "http://", "//example.org/",
        "http://user:pass@example.org/", "http://example.org:22/", "http://example.org:5432/",
        "http://example.org:6379/", "http://example.org:99999/", "http://exa mple.org/", "http://[::1",
        "http://example.org/\r\nHost: inside", "http://example.org/" + "a" * 3000, "http://éxample.org/",
    ],
)  # fmt: skip
async def test_other_schemes_ports_and_credentials_are_refused(url: str) -> None:
    with pytest.raises(FetchRefused):
        await Fetcher().get(url, max_bytes=1000, seconds=60)


def outside_is(*addresses: str) -> Callable[[str], bool]:
    """Take some addresses for the Internet: tests have no other."""
    return lambda address: address in addresses


async def test_a_redirect_to_the_inside_is_refused() -> None:
    async with inside(ok) as (within, asked):

        async def elsewhere(writer: asyncio.StreamWriter) -> None:
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:{within}/\r\n".encode())
            writer.write(b"Content-Length: 0\r\n\r\n")
            await writer.drain()

        async with inside(elsewhere) as (port, first):
            fetcher = Fetcher(outside_is("127.0.0.1"), ports=None)
            with pytest.raises(FetchRefused, match="not a public address"):
                await fetcher.get(f"http://127.0.0.1:{port}/", max_bytes=1000, seconds=60)
            assert len(first) == 1
            assert asked == []


async def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def both(host: str, port: int, **_: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        return [(2, 1, 6, "", ("127.0.0.1", port)), (2, 1, 6, "", ("127.0.0.9", port))]

    monkeypatch.setattr("connectors.fetch.fetch.anyio.getaddrinfo", both)
    async with inside(ok) as (port, asked):
        with pytest.raises(FetchRefused):
            await Fetcher(outside_is("127.0.0.1"), ports=None).get(
                f"http://rebinding.example:{port}/", max_bytes=1000, seconds=10
            )
        assert asked == []


async def test_what_is_public_is_fetched_without_cookies_or_credentials() -> None:
    async with inside(ok) as (port, asked):
        fetcher = Fetcher(outside_is("127.0.0.1"), ports=None)
        answer = await fetcher.get(f"http://127.0.0.1:{port}/a.png", max_bytes=1000, seconds=60)
        assert (answer.status, answer.body) == (200, b"png")
        head = asked[0].lower()
        assert b"cookie" not in head
        assert b"authorization" not in head
        assert b"accept-encoding: identity" in head


async def loop_home(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 307 Again\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n")
    for _ in range(10_000):
        writer.write(b"x" * 65_536)
        await writer.drain()


async def announced(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nx")
    await writer.drain()


async def squeezed(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc")
    await writer.drain()


@pytest.mark.parametrize("answer", [loop_home, endless, announced, squeezed])
async def test_loops_floods_and_bombs_are_refused(answer: Answer) -> None:
    async with inside(answer) as (port, asked):
        fetcher = Fetcher(outside_is("127.0.0.1"), ports=None)
        with pytest.raises(FetchRefused):
            await fetcher.get(f"http://127.0.0.1:{port}/", max_bytes=100_000, seconds=60)
        assert len(asked) <= 4


async def test_silence_is_waited_out_and_no_longer() -> None:
    async def silent(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async with inside(silent) as (port, _):
        fetcher = Fetcher(outside_is("127.0.0.1"), ports=None)
        with pytest.raises(FetchFailed):
            await fetcher.get(f"http://127.0.0.1:{port}/", max_bytes=1000, seconds=0.2)
