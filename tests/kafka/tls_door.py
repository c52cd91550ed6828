"""A door of TLS before something on loopback that speaks none: for tests, in a thread of its own."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def tls_door(port: int, behind: int, context: ssl.SSLContext) -> Iterator[None]:
    """Passes on what comes by TLS to `port`; at the end whatever is open is cut."""
    loop, opened, closing = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(65_536):
                sink.write(data)
                await sink.drain()
        sink.close()

    async def enter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inside, outside = await asyncio.open_connection("127.0.0.1", behind)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, outside), pump(inside, writer))

    async def stand() -> None:
        server = await asyncio.start_server(enter, "127.0.0.1", port, ssl=context)
        opened.set()
        await closing.wait()
        server.close()
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()

    thread = threading.Thread(target=lambda: loop.run_until_complete(stand()), daemon=True)
    thread.start()
    assert opened.wait(10)
    try:
        yield
    finally:
        loop.call_soon_threadsafe(closing.set)
        thread.join(10)
        loop.close()
