"""Who takes part: agents and visitors of a running Parley, made through its API, and what they hold."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import msgspec

AT_ONCE = 16
AGENT_PASSWORD = secrets.token_urlsafe(16)


class People(msgspec.Struct, frozen=True):
    """Credentials: a token of the admin, one of each agent, one of each visitor; and the chat inbox's id."""

    admin: str
    chat_inbox: str
    agents: list[str]
    visitors: list[str]


def sign_in(http: httpx2.Client, email: str, password: str, name: str = "load") -> tuple[str, str]:
    """An API token of whoever signs in, and their id."""
    session = _done(http.post("/api/v1/session", json={"email": email, "password": password}))
    agent_id = session["agent"]["id"]
    headers = {"X-CSRF-Token": session["csrf_token"], "Origin": str(http.base_url).rstrip("/")}
    made = _done(http.post(f"/api/v1/agents/{agent_id}/tokens", json={"name": name}, headers=headers))
    http.cookies.clear()
    return made["token"], agent_id


def gather(url: str, email: str, password: str, agents: int, visitors: int) -> People:
    """So many agents who reach the first chat inbox, and so many visitors of it."""
    with httpx2.Client(base_url=url, timeout=30) as http:
        admin, _ = sign_in(http, email, password)
        bearer = {"Authorization": f"Bearer {admin}"}
        inboxes = _done(http.get("/api/v1/inboxes", headers=bearer))["data"]
        chat = next(inbox["id"] for inbox in inboxes if inbox["channel"] == "chat")
        run = secrets.token_hex(4)
        tokens = []
        for number in range(agents):
            email = f"agent{number}.{run}@load.test"
            new = {"name": f"Agent {number}", "email": email, "password": AGENT_PASSWORD, "inbox_ids": [chat]}
            _done(http.post("/api/v1/agents", json=new, headers=bearer))
            tokens.append(sign_in(http, email, AGENT_PASSWORD)[0])
        with ThreadPoolExecutor(AT_ONCE) as pool:
            visits = list(pool.map(lambda _: visit(http, chat), range(visitors)))
    return People(admin, chat, tokens, visits)


def visit(http: httpx2.Client, inbox: str) -> str:
    """The token of a new visitor."""
    return str(_done(http.post("/api/v1/widget/sessions", json={"inbox_id": inbox}))["token"])


def _done(response: httpx2.Response) -> Any:
    if not response.is_success:
        raise RuntimeError(f"{response.request.method} {response.request.url.path}: {response.text}")
    return response.json()
