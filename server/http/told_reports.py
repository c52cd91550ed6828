"""How a report is told: as JSON or as a CSV file, or not again to who has it already.

The tag of an answer is made from the version of the roll-ups, who asks and what they ask, before anything
is summed up: a console that asks every few seconds costs a look at a few rows. It is weak, since `as_of`
moves on.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from tempfile import SpooledTemporaryFile
from typing import Any

import msgspec
from anyio import to_thread

from server import clock
from server.domain.resources import Resource
from server.http.call import Call
from server.http.csv_table import CONTENT_TYPE, Sheet
from server.http.operation import Answer, FileSlice
from server.http.preconditions import is_known
from server.queries.reports import fetch_freshness
from server.queries.tickets import visible_to
from server.store.pool import Connection

_AT_ONCE, _IN_MEMORY_BYTES, _CHUNK_BYTES = 1_000, 1 << 20, 1 << 16


class Lines(msgspec.Struct, frozen=True):
    """A report, and those of its lines that make a table; `every` where these are a part of all."""

    report: Resource
    data: Sequence[Resource]
    kind: type[Resource]
    every: AsyncIterator[Resource] | None = None


class Asked(msgspec.Struct, frozen=True):
    """What is asked of roll-ups: `about` stands in every answer, `tag` names what it says.

    `time_zone` is the workspace's.
    """

    now: datetime
    query: Any
    time_zone: str
    about: Mapping[str, Any]
    known: tuple[str, ...]

    @classmethod
    async def about_now(cls, call: Call, db: Connection, query: Any) -> Asked:
        """Of roll-ups as they are now; what depends on the time of day is as of this minute."""
        now = clock.now()
        fresh = await fetch_freshness(db, call.workspace_id, now)
        seen = visible_to(call.agent)
        known = (
            fresh.version,
            call.path,
            "all" if seen is None else ",".join(sorted(map(str, seen))),
            now.isoformat(timespec="minutes"),
            str(query),
        )
        about = {"as_of": fresh.as_of, "lag_seconds": fresh.lag_seconds}
        return cls(now, query, fresh.time_zone, about, known)

    def of_period(self, begin: datetime, to: datetime, end: datetime, time_zone: str) -> Asked:
        """Of a period that is read up to `end`: no more depends on the time of day, or on what `to` says."""
        plain = msgspec.structs.replace(self.query, from_=begin, to=end)
        return msgspec.structs.replace(
            self,
            about={**self.about, "from_": begin, "to": to, "time_zone": time_zone},
            known=(*self.known[:3], str(plain), time_zone),
        )

    def known_by(self, more: str) -> Asked:
        """What it says depends on this too."""
        return msgspec.structs.replace(self, known=(*self.known, more))

    def tag(self, *more: str) -> str:
        """The weak ETag of the answer."""
        return f'W/"{blake2b("|".join((*self.known, *more)).encode(), digest_size=9).hexdigest()}"'


async def tell(call: Call, asked: Asked, read: Callable[[], Awaitable[Lines]]) -> Answer:
    """The answer, read only when the asker does not have it."""
    as_file = _wants_csv(call, asked.query.format)
    tag = asked.tag("csv" if as_file else "json")
    headers: tuple[tuple[str, str], ...] = (("etag", tag), ("vary", "accept"))
    if is_known(call.header(b"if-none-match"), tag.removeprefix("W/")):
        return Answer(304, None, headers)
    lines = await read()
    if not as_file:
        return Answer(200, lines.report, headers)
    name = call.path.rpartition("/")[2]
    return Answer(
        200,
        await filed(_told(lines.data) if lines.every is None else lines.every, lines.kind),
        (
            *headers,
            ("content-type", CONTENT_TYPE),
            ("content-disposition", f'attachment; filename="{name}-{asked.now:%Y-%m-%d}.csv"'),
        ),
    )


async def filed(lines: AsyncIterator[Resource], kind: type[Resource]) -> FileSlice:
    """A table of however many lines, on disk but for the first megabyte, to be sent from there.

    Its length is known before it is sent: who gets less knows that it was cut off.
    """
    file = SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115 - closed when it was sent
    sheet, waiting = Sheet(kind), list[Resource]()

    def write() -> None:
        file.write(sheet.write(waiting))
        waiting.clear()

    async for line in lines:
        waiting.append(line)
        if len(waiting) >= _AT_ONCE:
            await to_thread.run_sync(write)
    await to_thread.run_sync(write)

    def chunks() -> Iterator[bytes]:
        with file:
            file.seek(0)
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk

    return FileSlice(chunks, file.tell())


async def _told(lines: Sequence[Resource]) -> AsyncIterator[Resource]:
    for line in lines:
        yield line


def _wants_csv(call: Call, asked: str | None) -> bool:
    return asked == "csv" or (asked is None and "text/csv" in (call.header(b"accept") or ""))
