"""Reading a mail off the wire: the same whatever the chunks, the end only where it is."""

from __future__ import annotations

import asyncio

import pytest

from connectors.smtp.lines import BareLineEnd, MailTooLarge, StrictLines


def lines(*chunks: bytes) -> StrictLines:
    reader = asyncio.StreamReader()
    for chunk in chunks:
        reader.feed_data(chunk)
    return StrictLines(reader)


async def read(*chunks: bytes, max_bytes: int = 1000) -> tuple[bytes, bytes]:
    """The mail, and what is left in the buffer for the next command."""
    reader = lines(*chunks)
    return await reader.read_mail(max_bytes, lambda: None), bytes(reader._buffer)


@pytest.mark.parametrize(
    ("sent", "mail"),
    [
        (b".\r\n", b""),
        (b"x\r\n.\r\n", b"x\r\n"),
        (b"..x\r\n...\r\n.\r\n", b".x\r\n..\r\n"),
        (b"\r\n\r\n.\r\n", b"\r\n\r\n"),
        (b".x\r\n.\r\n", b"x\r\n"),
    ],
)
async def test_dots_are_unstuffed(sent: bytes, mail: bytes) -> None:
    assert await read(sent + b"QUIT\r\n") == (mail, b"QUIT\r\n")


async def test_chunks_make_no_difference() -> None:
    sent = b"a: b\r\n\r\n..dot\r\n.\r\nRSET\r\n"

    async def dribble(reader: asyncio.StreamReader) -> None:
        for byte in sent:
            reader.feed_data(bytes([byte]))
            await asyncio.sleep(0)

    reader = asyncio.StreamReader()
    task = asyncio.create_task(dribble(reader))
    assert await StrictLines(reader).read_mail(1000, lambda: None) == b"a: b\r\n\r\n.dot\r\n"
    await task


@pytest.mark.parametrize(
    "sent", [b"a\nb\r\n.\r\n", b"a\rb\r\n.\r\n", b"a\n.\n\r\n.\r\n", b"a\r\n.\r\r\n.\r\n"]
)
async def test_bare_line_ends_are_refused_and_nothing_is_read_after_them(sent: bytes) -> None:
    reader = lines(sent + b"MAIL FROM:<x@y>\r\n")
    with pytest.raises(BareLineEnd):
        await reader.read_mail(1000, lambda: None)
    with pytest.raises(asyncio.CancelledError):
        await reader.readuntil()


async def test_a_mail_over_the_limit_is_read_to_its_end() -> None:
    reader = lines(b"x" * 3000 + b"\r\n.\r\nQUIT\r\n")
    with pytest.raises(MailTooLarge):
        await reader.read_mail(1000, lambda: None)
    assert await reader.readuntil() == b"QUIT\r\n"


async def test_the_limit_itself_is_allowed() -> None:
    assert await read(b"x" * 998 + b"\r\n.\r\n", max_bytes=1000) == (b"x" * 998 + b"\r\n", b"")
