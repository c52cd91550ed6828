"""Row M1: no byte sequence that some server takes for the end of a mail hides a second mail in the first."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from server.store.pool import Store
from tests.channels.office import ADDRESS, running

HIDDEN = (
    b"MAIL FROM:<admin@example.test>\r\nRCPT TO:<support@example.test>\r\nDATA\r\n"
    b"From: admin@example.test\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\n"
)
FALSE_ENDS = [
    b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\r\r\n.\r\r\n", b"\r\n.\r\r\n",
    b"\n\n.\r\n", b"\r\n\x00.\r\n", b"\r\n.\x00\r\n", b"\r\n..\r\n", b"\r\n. \r\n", b"\r\n .\r\n",
]  # fmt: skip


async def talk(port: int, *pieces: bytes, shaking: bytes = b"") -> list[str]:
    """Send the pieces, and `shaking` where a handshake is to begin; all reply lines until it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    replies = []
    async with asyncio.timeout(60):
        replies.append((await reader.readline()).decode())
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.1)
        with suppress(ConnectionResetError):  # an end is as good as a reset
            while line := await reader.readline():
                replies.append(line.decode())
                if line.startswith(b"220"):
                    writer.write(shaking)
    writer.close()
    return replies


@pytest.mark.parametrize("false_end", FALSE_ENDS, ids=repr)
async def test_a_false_end_hides_no_second_mail(store: Store, tmp_path: Path, false_end: bytes) -> None:
    async with running(store, tmp_path) as office:
        start = b"EHLO probe\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<" + ADDRESS.encode() + b">\r\nDATA\r\n"
        body = b"From: a@b.test\r\nSubject: first\r\n\r\nfirst" + false_end + HIDDEN
        replies = await talk(office.port, start, body, b"QUIT\r\n")
        codes = [line[:3] for line in replies]
        bare = b"\n" in false_end.replace(b"\r\n", b"") or b"\r" in false_end.replace(b"\r\n", b"")
        if bare:
            assert "521" in codes
            assert codes[-1] == "521"  # and the connection is closed
            assert await office.rows("SELECT 1 FROM raw_mails WHERE workspace_id = $1") == []
        else:
            raw = await office.settled(1)
            assert len(raw) == 1
            assert b"Subject: first" in raw[0]["bytes"]
            assert b"Subject: smuggled" in raw[0]["bytes"]


@pytest.mark.parametrize("line", [b"EHLO probe\n", b"EHLO probe\r", b"EHLO a\rb\r\n", b"NOOP\nNOOP\r\n"])
async def test_a_command_that_does_not_end_in_crlf_ends_the_session(
    store: Store, tmp_path: Path, line: bytes
) -> None:
    async with running(store, tmp_path) as office:
        replies = await talk(office.port, line + b"MAIL FROM:<a@b.test>\r\nRCPT TO:<x@y.test>\r\nQUIT\r\n")
        assert [reply[:3] for reply in replies] == ["220", "521"]


async def test_commands_sent_before_the_handshake_are_thrown_away(store: Store, tmp_path: Path) -> None:
    async with running(store, tmp_path) as office:
        replies = await talk(
            office.port,
            b"EHLO probe\r\n",
            b"STARTTLS\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<a@b.test>\r\n",
            shaking=b"this is no handshake\r\n",
        )
        after = [line for line in replies if not line.startswith("250")]
        assert [line[:3] for line in after][:2] == ["220", "220"]
        assert not any(line.startswith(("250 2.1", "550")) for line in replies)
