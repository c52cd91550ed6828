"""The whole of HTTP as one application: the API, the web apps' files, and pages for operators."""

from functools import partial

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from server.domain.errors import NotFound, RateLimited, Refusal, Unavailable
from server.http.api import OPERATIONS
from server.http.call import Call
from server.http.csp_reports import CspReports
from server.http.dispatch import Endpoint, refused, send_whole
from server.http.edge import Edge
from server.http.headers import REPORTS
from server.http.health import Metrics, Readyz, livez
from server.http.help_pages import STYLE as HELP_STYLE
from server.http.help_pages import HelpPages
from server.http.openapi import document
from server.http.operation import Operation
from server.http.problem import CONTENT_TYPE, STATUS, problem_of
from server.http.reference import STYLE as DOCS_STYLE
from server.http.reference import page
from server.http.state import State
from server.http.web import Assets, Pages
from server.queries.credentials import cookie_name

VERSION = "1"
API = "/api/v1"
UNKNOWN = "There is no such address"


def build(state: State) -> Starlette:
    """The application of a desk."""
    described = document(OPERATIONS, version=VERSION, cookie=cookie_name(secure=state.secure))
    routes: list[BaseRoute] = [
        Mount(API, app=_api(state, msgspec.json.encode(described))),
        *_operators(state),
        *_docs(page(described)),
        *_help(HelpPages(state)),
        *_web(state, Pages(state)),
    ]
    app = Starlette(
        routes=routes,
        middleware=[Middleware(Edge, secure=state.secure)],
        exception_handlers={HTTPException: _plain, Refusal: _plain_refusal},
    )
    app.router.redirect_slashes = False
    return app


def _api(state: State, described: bytes) -> ASGIApp:
    by_path: dict[str, dict[str, Operation]] = {}
    for it in OPERATIONS:
        by_path.setdefault(it.path, {})[it.method] = it
    in_flight: set[object] = set()
    routes: list[BaseRoute] = [
        Route(path, Endpoint(state, operations, in_flight)) for path, operations in by_path.items()
    ]
    routes.append(Route("/openapi.json", _Fixed(described, b"application/json")))
    return Router(routes, redirect_slashes=False, default=partial(_unknown, state))


async def _unknown(state: State, scope: Scope, receive: Receive, send: Send) -> None:
    call = Call(state, scope, receive)
    await send_whole(scope, send, *refused(call, NotFound(UNKNOWN)))


class _Fixed:
    """An answer that is the same for everybody."""

    def __init__(self, body: bytes, kind: bytes) -> None:
        self._body = body
        self._headers = [(b"content-type", kind), (b"cache-control", b"no-cache")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send_whole(scope, send, 200, self._body, self._headers)


def _operators(state: State) -> list[BaseRoute]:
    return [
        Route("/livez", livez),
        Route("/readyz", Readyz(state), methods=["GET"]),
        Route("/metrics", Metrics(state), methods=["GET"]),
        Route("/ws", _not_upgraded),
        Route(REPORTS, CspReports(state), methods=["POST"]),
    ]


async def _not_upgraded(request: Request) -> Response:
    """Who comes here by plain HTTP wanted a WebSocket, perhaps through a proxy that drops the wish."""
    text = "A WebSocket is opened here, by a request that asks: does a proxy drop its Upgrade?\n"
    return PlainTextResponse(text, 426, headers={"Upgrade": "websocket", "Connection": "Upgrade"})


def _docs(reference: str) -> list[BaseRoute]:
    css = b"text/css; charset=utf-8"
    html = b"text/html; charset=utf-8"
    return [
        Route("/docs", _Fixed(reference.encode(), html), methods=["GET"]),
        Route("/docs/style.css", _Fixed(DOCS_STYLE.encode(), css), methods=["GET"]),
        Route(f"{API}/docs", _Fixed(reference.encode(), html), methods=["GET"]),
    ]


def _help(pages: HelpPages) -> list[BaseRoute]:
    css = _Fixed(HELP_STYLE.encode(), b"text/css; charset=utf-8")
    return [
        Route("/help/style.css", css, methods=["GET"]),
        Route("/help", pages.index),
        Route("/help/", pages.index),
        Route("/help/{workspace}/", pages.index),
        Route("/help/{workspace}/{slug}", pages.article),
    ]


def _web(state: State, pages: Pages) -> list[BaseRoute]:
    def folder(name: str) -> Assets:
        return Assets(directory=state.static / name, check_dir=False)

    return [
        Route("/favicon.ico", pages.icon),
        Route("/widget.js", pages.loader),
        Route("/widget/", pages.widget),
        Mount("/widget", app=folder("widget")),
        Route("/demo/", pages.demo),
        Route("/demo/config.json", pages.demo_config),
        Mount("/demo", app=folder("demo")),
        Mount("/console", app=folder("console")),
        Route("/{rest:path}", pages.console),
    ]


async def _plain(request: Request, error: Exception) -> Response:
    """A page that is not there; below the API (an address with a line break matches no route) a problem."""
    assert isinstance(error, HTTPException)
    if request.url.path.startswith(f"{API}/") and error.status_code == STATUS[NotFound.code]:
        problem = problem_of(NotFound(UNKNOWN), request.scope["parley.request_id"])
        return Response(msgspec.json.encode(problem), error.status_code, media_type=CONTENT_TYPE)
    return PlainTextResponse(f"{error.detail}\n", error.status_code, headers=error.headers)


async def _plain_refusal(_: Request, error: Exception) -> Response:
    """A page that is refused, outside of the API."""
    assert isinstance(error, Refusal)
    headers = {}
    if isinstance(error, RateLimited | Unavailable):
        headers["retry-after"] = "1"
    return HTMLResponse(f"<p>{error.title}</p>", STATUS[error.code], headers=headers)
