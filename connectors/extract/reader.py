"""Reads attached files in a sandbox: what they do there, they do to a child with little memory and time."""

from __future__ import annotations

import msgspec

from connectors.extract.text import File, kind_of
from connectors.sandbox.process import Sandbox, SandboxFailed

MAX_MEMORY_BYTES = 768 * 1024 * 1024  # of address space, half of which Python and its libraries take
SECONDS = 15.0
_TARGET = "connectors.extract.text:answer"


class SandboxReader:
    """See server/relay/files.py for what it is asked; `close` ends the child."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._sandbox = Sandbox(_TARGET, max_memory_bytes=MAX_MEMORY_BYTES, seconds=seconds)

    def reads(self, mime_type: str, name: str) -> bool:
        """Whether it is a kind of file that words are taken from."""
        return kind_of(mime_type, name) is not None

    async def text(self, mime_type: str, name: str, data: bytes) -> tuple[str, str | None]:
        """The words of a file; when there are none as it broke, hung or took too much memory, why."""
        try:
            return (
                await self._sandbox.run(msgspec.msgpack.encode(File(mime_type, name, data)))
            ).decode(), None
        except SandboxFailed as wrong:
            return "", str(wrong)

    async def close(self) -> None:
        """Harmless to repeat."""
        await self._sandbox.close()
