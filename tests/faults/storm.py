"""Who sends mails as fast as they are taken: Postfix's smtp-source, or our own sender where it is absent.

Either tells every reply to a mail's end. The desk's 250 names what it kept, so an answer can be held against
what is there.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import Callable
from uuid import uuid4

SMTP_SOURCE = shutil.which("smtp-source", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/lib/postfix")
TO, BYTES, SESSIONS = "support@localhost", 5000, 10
_KEPT = re.compile(r"250 2\.0\.0 Kept as ([0-9a-f-]{36})")
_REFUSED = re.compile(r"(?:^|\s)([45]\d\d)[ -]\d\.\d\.\d+ ")


class Answers:
    """What the desk said: the ids of mails it kept, and codes of refusals. `heard` is told each id."""

    def __init__(self, heard: Callable[[], None]) -> None:
        self.kept: list[str] = []
        self.refused: list[str] = []
        self._heard = heard

    def read(self, line: str) -> None:
        if kept := _KEPT.search(line):
            self.kept.append(kept[1])
            self._heard()
        elif refused := _REFUSED.search(line):
            self.refused.append(refused[1])


async def by_smtp_source(port: int, mails: int, answers: Answers) -> None:
    """Until all are sent, or one fails: then it ends, and cuts what it has in flight."""
    assert SMTP_SOURCE is not None
    options = f"-v -s {SESSIONS} -l {BYTES} -m {mails} -f storm@customer.test -t {TO} 127.0.0.1:{port}"
    process = await asyncio.create_subprocess_exec(
        SMTP_SOURCE, *options.split(), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    assert process.stderr is not None
    try:
        async for line in process.stderr:
            answers.read(line.decode(errors="replace").strip())
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def by_ourselves(port: int, mails: int, answers: Answers) -> None:
    """The same, each session one mail after the other."""
    left = iter(range(mails))
    sending = (asyncio.create_task(_session(port, left, answers)) for _ in range(SESSIONS))
    await asyncio.gather(*sending, return_exceptions=True)


async def _session(port: int, left: object, answers: Answers) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for number in left:  # type: ignore[attr-defined]
            envelope = f"EHLO x\r\nMAIL FROM:<storm@customer.test>\r\nRCPT TO:<{TO}>\r\nDATA\r\n"
            head = f"From: storm@customer.test\r\nMessage-ID: <{uuid4()}@c>\r\nSubject: {number}\r\n\r\n"
            writer.write(f"{envelope}{head}{'La de da. ' * (BYTES // 10)}\r\n.\r\n".encode())
            line = b""
            while not line.startswith((b"250 2.0.0 Kept", b"4", b"5")):
                line = await asyncio.wait_for(reader.readline(), 30)
                if not line:
                    return
            answers.read(line.decode())
            if not line.startswith(b"250"):
                return
    finally:
        writer.close()
