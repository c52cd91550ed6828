"""The built web apps: console, widget and its loader, the demo site. Files only, each under its policy.

Built assets carry their digest in their name and may be kept for ever; pages may not.
"""

import re
from pathlib import Path
from uuid import UUID

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from server.domain.ids import parse_id
from server.http.headers import Surface, security_headers
from server.http.state import State
from server.store.inboxes import find_door, find_first_chat
from server.store.workspaces import list_workspaces

_FOR_EVER = "public, max-age=31536000, immutable"
_A_WHILE = "public, max-age=300"
_NEVER = "no-cache"
_NOT_BUILT = "The web apps are not built: run make setup.\n"
_CLIENT_ROUTE = re.compile(r"^/([A-Za-z0-9_-]+(/[A-Za-z0-9_%-]+)*/?)?$")


class Assets(StaticFiles):
    """A folder of built files."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        hashed = path.startswith("assets/")
        response.headers["cache-control"] = _FOR_EVER if hashed else _NEVER
        return response


class Pages:
    """The pages around those files."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._static = state.static

    async def console(self, request: Request) -> Response:
        """The console for its own addresses, which its script tells apart."""
        if request.method not in ("GET", "HEAD") or not _CLIENT_ROUTE.match(request.url.path):
            raise HTTPException(404)
        return _page(self._static / "console" / "index.html")

    async def icon(self, request: Request) -> Response:
        """What a browser shows beside the name of any page."""
        response = _page(self._static / "console" / "favicon.svg")
        response.headers["cache-control"] = _A_WHILE
        return response

    async def loader(self, request: Request) -> Response:
        """The script that a customer's site loads."""
        response = _page(self._static / "widget.js")
        response.headers["cache-control"] = _A_WHILE
        response.headers["cross-origin-resource-policy"] = "cross-origin"
        return response

    async def widget(self, request: Request) -> Response:
        """The widget's frame, which only pages that its inbox allows may show."""
        framed_by: list[str] | None = None
        inbox_id = parse_id(request.query_params.get("inbox", ""))
        if inbox_id is not None:
            framed_by = await self._allowed_origins(inbox_id)
        response = _page(self._static / "widget" / "index.html")
        secured = security_headers(Surface.WIDGET, secure=self._state.secure, framed_by=framed_by)
        response.headers.update({name.decode(): value.decode() for name, value in secured})
        return response

    async def _allowed_origins(self, inbox_id: UUID) -> list[str] | None:
        door = await find_door(self._state.store, inbox_id)
        return None if door is None else list(door.settings.allowed_origins)

    async def demo(self, request: Request) -> Response:
        """A customer's site with the widget on it."""
        return _page(self._static / "demo" / "index.html")

    async def demo_config(self, request: Request) -> Response:
        """Which inbox the demo site talks to: the oldest chat inbox of the oldest workspace."""
        for workspace in await list_workspaces(self._state.store):
            async with self._state.store.read(workspace.id) as db:
                inbox_id = await find_first_chat(db, workspace.id)
            if inbox_id is not None:
                return JSONResponse({"inbox_id": str(inbox_id)})
        raise HTTPException(404)


def _page(path: Path) -> Response:
    if not path.exists():
        return PlainTextResponse(_NOT_BUILT, 503)
    return FileResponse(path, headers={"cache-control": _NEVER})
