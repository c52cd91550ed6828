"""One function in a child process: asked one thing at a time, started when needed, killed when it hangs."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import anyio
import structlog

from connectors.sandbox.child import DONE, SIZE_BYTES

ROOT = Path(__file__).parents[2]
IDLE_SECONDS = 60.0
STOP_SECONDS = 2.0
_CHUNK_BYTES = 262_144

_log = structlog.get_logger("parley.sandbox")


class SandboxFailed(Exception):
    """The function raised, died, hung or used too much memory on these bytes; the next find a new child."""


class Sandbox:
    """Runs `target` ("module:function", bytes to bytes) with at most `max_memory_bytes` of address space.

    One request at a time; others wait in order. `close` ends the child.
    """

    def __init__(self, target: str, *, max_memory_bytes: int, seconds: float) -> None:
        self._target = target
        self._memory = max_memory_bytes
        self.seconds = seconds
        self._turn = asyncio.Lock()
        self._child: asyncio.subprocess.Process | None = None
        self._rest: asyncio.TimerHandle | None = None

    async def run(self, *request: bytes) -> bytes:
        """What the function makes of `request`, whose pieces are put together there. Raises SandboxFailed."""
        async with self._turn:
            self._stay()
            try:
                with anyio.fail_after(self.seconds):
                    child = self._child = self._child or await self._start()
                    status, answer = await _ask(child, request)
            except (TimeoutError, OSError, asyncio.IncompleteReadError) as wrong:
                _log.warning(
                    "sandbox_failed", target=self._target, size=sum(map(len, request)), error=repr(wrong)
                )
                await self._stop()
                raise SandboxFailed(type(wrong).__name__) from wrong
            except BaseException:  # cancelled in the middle: its next answer would be the wrong one
                with anyio.CancelScope(shield=True):
                    await self._stop()
                raise
            self._rest = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._retire)
        if status != DONE:
            raise SandboxFailed(answer.decode("ascii", "replace"))
        return answer

    async def close(self) -> None:
        """End the child; harmless to repeat."""
        async with self._turn:
            self._stay()
            await self._stop()

    async def _start(self) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "connectors.sandbox.child",
            self._target,
            str(self._memory),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT)},  # none of our secrets
        )

    async def _stop(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        with anyio.move_on_after(STOP_SECONDS):
            await child.wait()

    def _stay(self) -> None:
        if self._rest is not None:
            self._rest.cancel()
            self._rest = None

    def _retire(self) -> None:
        """Nobody has asked for a while: let the child end by itself."""
        child, self._child = self._child, None
        if child is not None and child.stdin is not None:
            child.stdin.close()


async def _ask(child: asyncio.subprocess.Process, request: Sequence[bytes]) -> tuple[bytes, bytes]:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.write(sum(map(len, request)).to_bytes(SIZE_BYTES, "big"))
    for piece in request:
        view = memoryview(piece)
        for start in range(0, len(view), _CHUNK_BYTES):  # at once, the pipe would keep a copy of all
            child.stdin.write(view[start : start + _CHUNK_BYTES])
            await child.stdin.drain()
    head = await child.stdout.readexactly(1 + SIZE_BYTES)
    return head[:1], await _read(child.stdout, int.from_bytes(head[1:], "big"))


async def _read(stream: asyncio.StreamReader, size: int) -> bytes:
    """So many bytes, gathered in one place as they come."""
    if size <= _CHUNK_BYTES:
        return await stream.readexactly(size)
    gathered, at = bytearray(size), 0
    while at < size:
        piece = await stream.read(min(_CHUNK_BYTES, size - at))
        if not piece:
            raise asyncio.IncompleteReadError(b"", size - at)
        gathered[at : at + len(piece)] = piece
        at += len(piece)
    return bytes(gathered)
