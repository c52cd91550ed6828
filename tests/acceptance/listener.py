"""An agent's socket in a thread: what arrives, and when, in one room."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect


class Heard:
    """Frames with the time of their arrival."""

    def __init__(self) -> None:
        self._frames: list[tuple[float, dict[str, Any]]] = []
        self._grown = threading.Condition()

    def add(self, frame: dict[str, Any]) -> None:
        with self._grown:
            self._frames.append((time.time(), frame))
            self._grown.notify_all()

    def find(self, seconds: float, **wanted: object) -> tuple[float, dict[str, Any]]:
        """The first frame that has all that is wanted, now or within so long."""

        def first() -> tuple[float, dict[str, Any]] | None:
            return next(
                (one for one in self._frames if wanted.items() <= {k: one[1].get(k) for k in wanted}.items()),
                None,
            )

        with self._grown:
            assert self._grown.wait_for(lambda: first() is not None, seconds), f"never heard {wanted}"
            found = first()
        assert found is not None
        return found


@contextmanager
def listening(url: str, token: str, room: str) -> Iterator[Heard]:
    """Join a room as the agent of a token and listen until the end."""
    heard = Heard()
    with connect(f"{url.replace('http', 'ws', 1)}/ws", open_timeout=60, proxy=None) as socket:
        socket.send(json.dumps({"op": "hello", "v": 1, "token": token}))
        socket.send(json.dumps({"op": "join", "room": room, "since": 0}))

        def listen() -> None:
            try:
                for message in socket:
                    heard.add(json.loads(message))
            except ConnectionClosed:
                pass

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        heard.find(60, op="joined")
        yield heard
        socket.close()
        thread.join(5)
