"""A site of somebody else, on another loopback port: it serves what a test gives it, and counts beacons."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.acceptance.desk import Desk


class HostileSite:
    """Pages by path, and every request for anything else."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.pages: dict[str, str] = {}
        self.beacons: list[str] = []


def with_widget(desk: Desk, inbox: str, identity: str | None) -> str:
    """A customer's page with the chat open on it."""
    boot = json.dumps({"inbox": inbox} | ({"identity": identity} if identity else {}))
    return (
        f"<!doctype html><body><script>Parley = Object.assign(() => 0, {{q: [['boot', {boot}], ['show']]}})"
        f'</script><script src="{desk.url}/widget.js"></script>'
    )


@contextmanager
def hostile_site() -> Iterator[HostileSite]:
    """The site, listening; its pages have no policy of any kind."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = site.pages.get(self.path.partition("?")[0])
            if page is None:
                site.beacons.append(self.path)
            body = (page or "").encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 (the name that the library calls)

        def log_message(self, *_: object) -> None:
            """Nothing: what was asked is in `beacons`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = HostileSite(server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
