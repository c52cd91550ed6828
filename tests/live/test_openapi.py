"""Every documented operation under generated input: no 5xx, no undocumented answer, no wrong shape.

The application runs on a port of its own with real sockets, since a transport in memory would
hide what a server makes of odd requests. `PARLEY_SOAK=1` tries a hundred times as much.
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from server.store.pool import Store
from tests.conftest import Database
from tests.http_desk import HttpDesk, serving
from tests.laws.budget import SOAK

TIMES = 100 if SOAK else 1
EXAMPLES = {GenerationMode.POSITIVE: 8 * TIMES, GenerationMode.NEGATIVE: 5 * TIMES}
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]


class Served:
    """A desk served in a thread of its own, so that the test may block."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.address = ""
        self.token = ""
        self.visitor = ""
        self.ids: dict[str, str] = {}
        self._dsn, self._folder = dsn, folder
        self._ready = threading.Event()
        self._server: Any = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    @contextmanager
    def running(self) -> Iterator[Served]:
        self._thread.start()
        assert self._ready.wait(60)
        try:
            yield self
        finally:
            self._server.should_exit = True
            self._thread.join(20)

    async def _serve(self) -> None:
        store = await Store.open(self._dsn, max_connections=6)
        async with serving(
            store,
            self._folder,
            rate_agent="100000/second",
            rate_anonymous_ip="100000/second",
            rate_widget_sessions_ip="100000/second",
            rate_webhook_inbox="100000/second",
            rate_sign_in_ip="100000/second",
            rate_sign_in_address="100000/second",
        ) as desk:
            await self._fill(desk)
            with socket.create_server(("127.0.0.1", 0)) as bound:
                self.address = f"http://127.0.0.1:{bound.getsockname()[1]}"
                config = uvicorn.Config(desk.app, lifespan="off", log_config=None, proxy_headers=False)
                self._server = uvicorn.Server(config)
                self._server.install_signal_handlers = lambda: None
                serve = asyncio.create_task(self._server.serve(sockets=[bound]))
                while not self._server.started:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
                self._ready.set()
                await serve
        await store.close()

    async def _fill(self, desk: HttpDesk) -> None:
        """Things that there are, so that more than not-found is tried."""
        people = desk.people
        self.token = await desk.token_of(people.alice)
        assert people.vic.visitor_id is not None
        self.visitor = desk.visitor_token(people.vic.visitor_id)
        ticket = await desk.ticket()
        article = await desk.alice.post("/knowledge-base/articles", {"title": "Kettles", "content": "# Boil"})
        policy = await desk.alice.post(
            "/sla-policies",
            {"name": "Fast", "priority_level": "urgent", "first_response_time_minutes": 5},
        )
        tag = await desk.alice.post("/tags", {"name": "vip"})
        upload = await desk.alice.post("/attachments", files={"file": ("a.txt", b"hello")})
        self.ids = {
            "/tickets": str(ticket),
            "/customers": str(people.carla.id),
            "/agents": str(people.bob.id),
            "/teams": str(people.team),
            "/inboxes": str(people.chat),
            "/knowledge-base/articles": article.json()["id"],
            "/sla-policies": policy.json()["id"],
            "/tags": tag.json()["id"],
            "/attachments": upload.json()["id"],
            "/mails": str(await desk.parked_mail(people.chat, ticket)),
        }


@pytest.fixture
def served(database: Database, tmp_path: Path) -> Iterator[Served]:
    with Served(database.app_dsn, tmp_path).running() as desk:
        yield desk


@pytest.mark.timeout(600 * TIMES)
def test_no_operation_answers_what_it_does_not_document(served: Served) -> None:
    schema = schemathesis.openapi.from_url(f"{served.address}/api/v1/openapi.json")
    tried = 0
    operations = [found.ok() for found in schema.get_all_operations()]
    # What ends things comes last, so that the others find them.
    for operation in sorted(operations, key=lambda it: it.method == "delete"):
        tried += 1
        for mode, examples in EXAMPLES.items():
            try_operation(served, operation, mode, examples)
    assert tried > 60


def try_operation(served: Served, operation: Any, mode: GenerationMode, examples: int) -> None:
    prefix = operation.path.partition("/{id}")[0]
    known = served.ids.get(prefix)
    token = served.visitor if operation.path.startswith("/widget") else served.token
    turn = iter(range(10**9))

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=not SOAK,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    def try_one(case: Any) -> None:
        if mode is GenerationMode.POSITIVE and next(turn) % 3:
            if known is not None:
                case.path_parameters["id"] = known
            if operation.path == "/widget/sessions" and isinstance(case.body, dict):
                case.body["inbox_id"] = served.ids["/inboxes"]
        answer = case.call(base_url=f"{served.address}/api/v1", headers={"Authorization": f"Bearer {token}"})
        case.validate_response(answer, checks=CHECKS)

    try_one()
