"""For the contract tests: a program that keeps sums by key in a table, and says what it knows.

First what it recovered, then the total whenever all is committed. The key `key 0` is taken away again.
"""

from __future__ import annotations

import asyncio
import sys

from faust.types import EventT

from server.store.pool import Store
from server.streams.app import StreamApp
from tests.live.grounds import PARTITIONS, Ground, KafkaGround, PostgresGround

APP, TOPIC = "contract", "contract-source"


class _Address:
    def __init__(self, address: str) -> None:
        self.address = address


async def _ground(kind: str, address: str) -> Ground:
    if kind == "postgres":
        return PostgresGround(await Store.open(address, max_connections=4))
    return KafkaGround(kind, _Address(address))  # type: ignore[arg-type]


async def _run(kind: str, address: str) -> None:
    place = await _ground(kind, address)
    await place.make(APP, TOPIC)
    app: StreamApp = place.app(APP, TOPIC)
    sums = app.Table("sums", default=int, partitions=PARTITIONS, key_type=str, value_type=int)
    total = 0

    async def hear(event: EventT[bytes]) -> None:
        nonlocal total
        key, value = event.key.decode(), int(event.value)
        sums[key] += value
        total += value
        if key == "key 0" and value == 48:
            del sums[key]

    @sums.on_recover
    async def recovered() -> None:
        known = dict(sorted(sums.items(), key=lambda item: int(item[0].removeprefix("key "))))
        print(f"recovered={known}", flush=True)

    app.listen(TOPIC, hear)
    app.finalize()
    await app.start()
    while True:
        await asyncio.sleep(0.1)
        if await place.committed(APP, TOPIC) == 60:
            print(f"total={total}", flush=True)


if __name__ == "__main__":
    asyncio.run(_run(*sys.argv[1:]))
