"""How mails are read: small ones here, large ones in a child, and the same comes out."""

from __future__ import annotations

import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio

from connectors.inbound import reading
from connectors.inbound.reading import SMALL_BYTES, Reader, read_mail
from connectors.sandbox.process import Sandbox, SandboxFailed
from server.store.mails import Envelope, RawMail

HEAD = b"From: Carla <carla@customer.test>\r\nSubject: Hello\r\nMessage-ID: <1@customer.test>\r\n"
ATTACHED = (
    HEAD
    + b"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n"
    + b'<p>see</p><img src="cid:i">\r\n--b\r\nContent-Type: image/png; name=i.png\r\nContent-ID: <i>\r\n'
    + b"Content-Transfer-Encoding: base64\r\n\r\n%s\r\n--b--\r\n"
)


def kept(raw: bytes, attempts: int = 1) -> RawMail:
    arrived = datetime(2026, 11, 23, 10, tzinfo=UTC)
    return RawMail(UUID(int=1), UUID(int=2), UUID(int=3), Envelope(), raw, arrived, attempts)


@pytest_asyncio.fixture
async def reader(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Reader]:
    """One that has all the time that a busy machine takes."""
    monkeypatch.setattr(reading, "READING_SECONDS", 300.0)
    made = Reader([b"secret"])
    yield made
    await made.close()


async def test_a_large_mail_is_read_as_a_small_one_is(reader: Reader) -> None:
    mail = kept(ATTACHED % (b"QUJD" * 20_000))
    assert len(mail.raw) > SMALL_BYTES
    found = await reader.read(mail)
    assert found == read_mail(mail, [b"secret"])
    assert found.html is not None
    assert "data-attachment-id" in found.html


async def test_a_small_mail_that_packs_something_is_read_apart(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    run = Sandbox.run

    async def noted(self: Sandbox, *request: bytes) -> bytes:
        asked.append(request)
        return await run(self, *request)

    monkeypatch.setattr(Sandbox, "run", noted)
    packing = kept(HEAD + b"Content-Type: application/MS-TNEF; name=winmail.dat\r\n\r\nx")
    assert await reader.read(packing) == read_mail(packing, [b"secret"])
    await reader.read(kept(HEAD + b"\r\nHello"))
    await reader.read(kept(b""))
    assert len(asked) == 1


async def test_the_memory_for_a_large_mail_stays_below_three_times_its_size(reader: Reader) -> None:
    await reader.read(kept(ATTACHED % (b"QUJD" * 20_000)))
    raw = ATTACHED % (b"QUJD" * 12_500_000)
    tracemalloc.start()
    try:
        found = await reader.read(kept(raw))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.message.attachments[0].size == 37_500_000
    assert peak + len(raw) < 3 * len(raw)


async def test_a_mail_that_the_child_cannot_read_is_tried_again_and_then_taken_in_part(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(self: Sandbox, *request: bytes) -> bytes:
        raise SandboxFailed("TimeoutError")

    mail = kept(HEAD + b"\r\n" + b"some words\r\n" * 5000)
    whole = read_mail(mail, [])
    monkeypatch.setattr(Sandbox, "run", fail)
    with pytest.raises(SandboxFailed):
        await reader.read(mail)
    found = await reader.read(msgspec.structs.replace(mail, attempts=2))
    assert (found.key, found.message.subject) == (whole.key, "Hello")
    assert found.message.text.startswith("some words")
    assert found.message.defects[0] == "only the first part of this mail could be read (TimeoutError)"
