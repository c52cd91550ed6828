"""A free port to serve on, told to whoever started the server."""

from __future__ import annotations

import socket

BACKLOG = 4096


def listen() -> socket.socket:
    """A listening socket; its port is the first line that the process prints."""
    bound = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    print(bound.getsockname()[1], flush=True)
    return bound
