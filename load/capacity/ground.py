"""The desk that is measured: where it is, the rooms that were opened there, and what can be asked of it.

A desk of this command's own (a child with a fresh folder, rates raised), or any other by its address; what
was opened at another's is resolved at the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit

import httpx2
import msgspec

from load.access import Access, Unreachable, access, bearer, is_local
from load.capacity.listener import find_listener
from load.chat import Desk, Pair, Unexpected, open_pairs
from load.child import EMAIL, PASSWORD, Child, Folder

AGENT_SOCKETS = 20
HTTP_SECONDS = 30.0
STATISTICS_SECONDS = 12  # until autovacuum has looked at tables that were empty
QUIET_EVENTS, QUIET_SECONDS, LOOK_SECONDS = 200, 20.0, 1.0
REST_SECONDS = 1.0
AT_ONCE = 10
Say = Callable[[str], None]


class Ground(msgspec.Struct):
    """A desk with its rooms. `pid` is Parley's process, where it runs on this machine."""

    access: Access
    pairs: list[Pair]
    pid: int | None
    is_local: bool
    notes: list[str]

    async def rest(self) -> None:
        """Let the desk finish what it does behind the messages (search, mail), as far as it tells."""
        await asyncio.sleep(REST_SECONDS)
        async with httpx2.AsyncClient(timeout=HTTP_SECONDS) as http:
            for _ in range(int(QUIET_SECONDS / LOOK_SECONDS)):
                answer = await http.get(f"{self.access.url}/metrics", headers=bearer(self.access.token))
                if answer.status_code != 200 or _lag(answer.text) < QUIET_EVENTS:
                    return
                await asyncio.sleep(LOOK_SECONDS)


@contextmanager
def desk(
    url: str, token: str, email: str, password: str, say: Say
) -> Iterator[tuple[Access, int | None, bool]]:
    """The desk at `url`, or a fresh one when that is empty: access, process if here, whether it is fresh."""
    if url:
        with access(url, token, email, password) as found:
            parts = urlsplit(found.url)
            pid = find_listener(parts.port or 80) if is_local(found.url) else None
            yield found, pid, False
        return
    say("starting a Parley on a fresh folder, with an embedded Postgres and the rates raised")
    with Folder() as folder, Child(folder) as child, access(child.url, "", EMAIL, PASSWORD) as found:
        yield found, child.pid, True


@asynccontextmanager
async def settled(
    found: Access, pid: int | None, rooms: int, say: Say, *, fresh: bool
) -> AsyncIterator[Ground]:
    """Rooms of two, opened and joined; left and resolved at the end."""
    notes: list[str] = []
    say(f"opening {rooms} rooms of two, a visitor and an agent")
    visitors = await _visitors(found, rooms, notes)
    parts = urlsplit(found.url)
    secure = parts.scheme == "https"
    sockets = [found.token] * min(AGENT_SOCKETS, len(visitors))
    where = Desk(
        parts.hostname or "", parts.port or (443 if secure else 80), found.chat, visitors, sockets, secure
    )
    try:
        pairs = await open_pairs(where)
    except (Unexpected, OSError, TimeoutError) as error:
        raise Unreachable(f"The rooms cannot be opened: {error!r}") from error
    for note in notes:
        say(note)
    if fresh:
        say(f"waiting {STATISTICS_SECONDS} s, until Postgres has looked at tables that were empty")
        await asyncio.sleep(STATISTICS_SECONDS)
    try:
        yield Ground(found, pairs, pid, is_local(found.url), notes)
    finally:
        for wire in {id(wire): wire for pair in pairs for wire in (pair.visitor, pair.agent)}.values():
            wire.close()
        if not fresh:
            say(f"resolving the {len(pairs)} tickets that were opened for this")
            await _resolve(found, [pair.room.partition(":")[2] for pair in pairs])


async def _visitors(found: Access, wanted: int, notes: list[str]) -> list[str]:
    """The tokens of so many visitors, or of as many as the desk lets one address begin."""
    tokens: list[str] = []
    async with httpx2.AsyncClient(base_url=found.url, timeout=HTTP_SECONDS) as http:
        while len(tokens) < wanted:
            answer = await http.post("/api/v1/widget/sessions", json={"inbox_id": found.chat})
            if answer.status_code == 429:
                break
            if answer.status_code != 201:
                raise Unreachable(f"No visitor can come: {answer.status_code} {answer.text[:200]}")
            tokens.append(answer.json()["token"])
    if not tokens:
        wait = answer.headers.get("Retry-After", "60")
        raise Unreachable(
            f"{found.url} lets no more visitors of this address begin for {wait} s "
            "(PARLEY_RATE_WIDGET_SESSIONS_IP). Wait, or raise that rate on the desk."
        )
    if len(tokens) < wanted:
        notes.append(
            f"The desk lets one address begin only so many visits: {len(tokens)} rooms instead of {wanted} "
            "(PARLEY_RATE_WIDGET_SESSIONS_IP, 30/minute unless set)."
        )
    return tokens


async def _resolve(found: Access, tickets: list[str]) -> None:
    """Leave no open tickets behind; what cannot be resolved stays as it is, and is told."""
    slots = asyncio.Semaphore(AT_ONCE)
    async with httpx2.AsyncClient(
        base_url=found.url, headers=bearer(found.token), timeout=HTTP_SECONDS
    ) as http:

        async def resolve(ticket: str) -> None:
            async with slots:
                await http.put(f"/api/v1/tickets/{ticket}/status", json={"status": "resolved"})

        async with asyncio.TaskGroup() as group:
            for ticket in tickets:
                group.create_task(resolve(ticket))


def _lag(metrics: str) -> float:
    """How many events the slowest consumer of the log is behind."""
    lines = (line for line in metrics.splitlines() if line.startswith("parley_log_lag_events{"))
    return max((float(line.split()[-1]) for line in lines), default=0.0)
