"""A sandbox: hostile bytes end their child and no more."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import msgspec
import pytest

from connectors.extract.text import File
from connectors.sandbox.process import Sandbox, SandboxFailed

MEMORY = 1024 * 1024 * 1024


def echo(request: bytes) -> bytes:
    """Say the same."""
    return request


def obey(request: bytes) -> bytes:
    """Do what the request says, as hostile bytes would."""
    match request:
        case b"raise":
            raise ValueError("no")
        case b"hang":
            time.sleep(600)
        case b"die":
            os.kill(os.getpid(), signal.SIGKILL)
        case b"grow":
            return b"x" * (4 * MEMORY)
        case b"print":
            print("noise on stdout")
        case b"secrets":
            return " ".join(os.environ).encode()
        case _:
            pass
    return b"did " + request


@pytest.mark.parametrize(("order", "name"), [(b"raise", "ValueError"), (b"grow", "MemoryError")])
async def test_what_the_function_raises_is_told_and_the_child_stays(order: bytes, name: str) -> None:
    sandbox = Sandbox("tests.live.test_sandbox:obey", max_memory_bytes=MEMORY, seconds=60)
    try:
        with pytest.raises(SandboxFailed, match=name):
            await sandbox.run(order)
        assert await sandbox.run(b"print") == b"did print"
    finally:
        await sandbox.close()


@pytest.mark.parametrize("order", [b"hang", b"die"])
async def test_a_child_that_hangs_or_dies_is_followed_by_another(order: bytes) -> None:
    sandbox = Sandbox("tests.live.test_sandbox:obey", max_memory_bytes=MEMORY, seconds=60)
    try:
        await sandbox.run(b"warm")
        sandbox.seconds = 0.5
        with pytest.raises(SandboxFailed):
            await sandbox.run(order)
        sandbox.seconds = 60
        assert await sandbox.run(b"work") == b"did work"
    finally:
        await sandbox.close()


async def test_a_cancelled_request_does_not_answer_the_next() -> None:
    sandbox = Sandbox("tests.live.test_sandbox:obey", max_memory_bytes=MEMORY, seconds=60)
    try:
        await sandbox.run(b"warm")
        task = asyncio.create_task(sandbox.run(b"hang"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await sandbox.run(b"work") == b"did work"
    finally:
        await sandbox.close()


async def test_large_requests_pass_whole_and_many_wait_their_turn() -> None:
    sandbox = Sandbox("tests.live.test_sandbox:echo", max_memory_bytes=MEMORY, seconds=60)
    try:
        requests = [os.urandom(3_000_000), b"", b"small"]
        assert await asyncio.gather(*map(sandbox.run, requests)) == requests
    finally:
        await sandbox.close()


async def test_the_child_knows_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_SECRET_KEY", "not for strangers")
    sandbox = Sandbox("tests.live.test_sandbox:obey", max_memory_bytes=MEMORY, seconds=60)
    try:
        assert b"PARLEY" not in await sandbox.run(b"secrets")
    finally:
        await sandbox.close()


async def test_a_files_text_comes_out_of_the_sandbox() -> None:
    sandbox = Sandbox("connectors.extract.text:answer", max_memory_bytes=MEMORY, seconds=60)
    try:
        file = msgspec.msgpack.encode(File("text/plain", "a.txt", "Grüße".encode("latin-1")))
        assert (await sandbox.run(file)).decode() == "Grüße"
    finally:
        await sandbox.close()
