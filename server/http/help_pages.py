"""The public side of the knowledge base: plain pages that work without script.

`/help/` is that of the oldest workspace, `/help/{workspace}/` that of any; an article is
`/help/{workspace}/{slug}`. A reading counts as a view.
"""

from html import escape
from typing import Any
from uuid import UUID

from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from server.domain.ids import parse_id
from server.domain.resources import Workspace
from server.http.call import client_ip
from server.http.markdown import render
from server.http.state import State
from server.store import articles, workspaces
from server.store.listing import Slice

MAX_LISTED = 200
MAX_WORDS = 200
STYLE = """
:root { color-scheme: light dark; --line: color-mix(in srgb, CanvasText 16%, Canvas); }
body { font: 17px/1.6 system-ui, sans-serif; margin: 0 auto; max-width: 42rem; padding: 2rem 1.2rem; }
header { display: flex; justify-content: space-between; align-items: baseline; gap: 1rem; }
header a { color: inherit; text-decoration: none; font-weight: 600; }
form { display: flex; gap: .5rem; margin: 1.5rem 0; }
input, button { font: inherit; padding: .5rem .8rem; border: 1px solid var(--line); border-radius: 8px; }
input { flex: 1; min-width: 0; background: Canvas; color: CanvasText; }
ul { list-style: none; padding: 0; } li { padding: .6rem 0; border-bottom: 1px solid var(--line); }
li p { margin: .2rem 0 0; opacity: .75; font-size: .9rem; } img { max-width: 100%; }
pre { overflow: auto; padding: 1rem; border: 1px solid var(--line); border-radius: 8px; }
"""


class HelpPages:
    """Lists, finds and shows published articles."""

    def __init__(self, state: State) -> None:
        self._state = state

    async def index(self, request: Request) -> Response:
        """Published articles, or those that match `q`."""
        workspace = await self._workspace(request)
        words = request.query_params.get("q", "").replace("\0", "").strip()[:MAX_WORDS]
        async with self._state.store.read(workspace.id) as db:
            if words:
                rows = await articles.search_articles(
                    db, workspace.id, words, None, None, published_only=True
                )
            else:
                part = Slice("title", descending=False, size=MAX_LISTED)
                rows = await articles.list_articles(db, workspace.id, {"published": True}, part)
        listed = "".join(_item(workspace.id, row) for row in rows) or "<p>Nothing was found.</p>"
        form = (
            f'<form role="search" action="/help/{workspace.id}/"><input type="search" name="q" '
            f'aria-label="Search" value="{escape(words)}"><button>Search</button></form>'
        )
        return _html(workspace, "Help", f"{form}<ul>{listed}</ul>")

    async def article(self, request: Request) -> Response:
        """One article."""
        workspace = await self._workspace(request)
        slug = request.path_params["slug"].replace("\0", "")
        async with self._state.store.write(workspace.id) as db:
            row = await articles.find_article(db, workspace.id, slug=slug, published=True)
            if row is None:
                raise HTTPException(404)
            await articles.count_view(db, workspace.id, row["id"])
        content = await to_thread.run_sync(render, row["content"])
        title = escape(row["title"])
        return _html(workspace, row["title"], f"<article><h1>{title}</h1>{content}</article>")

    async def _workspace(self, request: Request) -> Workspace:
        headers = dict(request.scope["headers"])
        ip = client_ip(request.scope, headers, self._state.settings)
        self._state.limits.admit_stranger(ip)
        named = request.path_params.get("workspace")
        wanted = None if named is None else parse_id(named)
        for workspace in await workspaces.list_workspaces(self._state.store):
            if named is None or workspace.id == wanted:
                return workspace
        raise HTTPException(404)


def _item(workspace_id: UUID, row: Any) -> str:
    excerpt = row["excerpt"] or row["category"] or ""
    return (
        f'<li><a href="/help/{workspace_id}/{escape(row["slug"])}">{escape(row["title"])}</a>'
        f"<p>{escape(excerpt.replace('**', ''))}</p></li>"
    )


def _html(workspace: Workspace, title: str, content: str) -> HTMLResponse:
    name = escape(workspace.name)
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)} – {name}</title><link rel="stylesheet" href="/help/style.css">'
        f'</head><body><header><a href="/help/{workspace.id}/">{name}</a></header>'
        f"<main>{content}</main></body></html>"
    )
