"""With whose rights a desk is driven: a token that was given, a sign-in, or the machine's own `parley admin`.

What is made here for a run (a token) is taken back at its end.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec

ADMIN = "admin@localhost"
HTTP_SECONDS = 30.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")
NAME = "load"


class Unreachable(Exception):
    """The run cannot begin; the text says what it needs."""


class Inbox(msgspec.Struct, frozen=True):
    """A receiving point of the desk."""

    id: str
    channel: str
    address: str | None = None


class Access(msgspec.Struct, frozen=True):
    """A desk that can be driven: its address without a slash, an agent's token, and its inboxes."""

    url: str
    token: str
    inboxes: list[Inbox]

    @property
    def chat(self) -> str:
        """The id of the oldest chat inbox."""
        return self.inbox("chat").id

    def inbox(self, channel: str) -> Inbox:
        """The oldest inbox of a channel; raises Unreachable when there is none."""
        for inbox in self.inboxes:
            if inbox.channel == channel:
                return inbox
        raise Unreachable(f"{self.url} has no {channel} inbox that this agent reaches")


@contextmanager
def access(url: str, token: str, email: str, password: str) -> Iterator[Access]:
    """Whatever rights can be had, for the time of a `with` block. Raises Unreachable when there are none."""
    url, process = url.rstrip("/"), os.getpid()
    with httpx2.Client(base_url=url, timeout=HTTP_SECONDS) as http:
        _check_alive(http, url)
        made = None
        if not token:
            token, made = _token(http, url, email, password)
        try:
            yield Access(url, token, _inboxes(http, url, token))
        finally:
            if made is not None and os.getpid() == process:  # not in the workers that were forked meanwhile
                httpx2.delete(f"{url}{made}", headers=bearer(token), timeout=HTTP_SECONDS)


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}


def is_local(url: str) -> bool:
    """Whether this machine is meant."""
    return urlsplit(url).hostname in LOOPBACK


def _check_alive(http: httpx2.Client, url: str) -> None:
    try:
        ready = http.get("/readyz")
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise Unreachable(
            f"There is no desk at {url} ({error}).\nStart one with `make run` or `make demo`, or name "
            "another: URL=https://desk.example.org."
        ) from error
    if ready.status_code != 200:
        raise Unreachable(f"{url}/readyz answers {ready.status_code}: {ready.text[:300]}")


def _token(http: httpx2.Client, url: str, email: str, password: str) -> tuple[str, str | None]:
    """A token, and the path that takes it back."""
    if password:
        return _sign_in(http, email or ADMIN, password)
    if is_local(url) and (token := _ask_the_machine(email or ADMIN)) is not None:
        return token, _path_of(http, token)
    raise Unreachable(
        f"{url} wants to know who its agents are. Give one of these, as an option or in the environment:\n"
        "  an API token of an agent     PARLEY_LOAD_TOKEN   (`parley admin token --email …` prints one)\n"
        "  an address and its password  PARLEY_ADMIN_EMAIL, PARLEY_ADMIN_PASSWORD"
    )


def _sign_in(http: httpx2.Client, email: str, password: str) -> tuple[str, str]:
    answer = http.post("/api/v1/session", json={"email": email, "password": password})
    if answer.status_code != 201:
        raise Unreachable(f"{email} cannot sign in: {_why(answer)}")
    session = answer.json()
    agent = session["agent"]["id"]
    headers = {"X-CSRF-Token": session["csrf_token"], "Origin": str(http.base_url).rstrip("/")}
    made = http.post(f"/api/v1/agents/{agent}/tokens", json={"name": NAME}, headers=headers)
    http.delete("/api/v1/session", headers=headers)
    http.cookies.clear()
    if made.status_code != 201:
        raise Unreachable(f"{email} cannot have a token: {_why(made)}")
    return made.json()["token"], f"/api/v1/agents/{agent}/tokens/{made.json()['id']}"


def _ask_the_machine(email: str) -> str | None:
    """A token by `parley admin token`, when this machine's own desk is running; None when it is not."""
    if not os.environ.get("DATABASE_URL") and not _embedded_runs():
        return None
    command = [sys.executable, "-c", "from server.cli import main; main()"]
    answer = subprocess.run(  # noqa: S603 (this very Python)
        [*command, "admin", "token", "--email", email, "--name", NAME],
        capture_output=True, text=True, timeout=HTTP_SECONDS, check=False,
    )  # fmt: skip
    return answer.stdout.strip() if answer.returncode == 0 else None


def _embedded_runs() -> bool:
    """Whether the settings' data folder has a Postgres that serves: asking must not start one."""
    from server.postgres import find_running  # noqa: PLC0415 - only where a desk can be local
    from server.settings import load  # noqa: PLC0415

    return find_running(load().data_dir) is not None


def _path_of(http: httpx2.Client, token: str) -> str | None:
    """Where the token that the machine gave is taken back: the newest of its agent that has its name."""
    me = http.get("/api/v1/session", headers=bearer(token))
    if me.status_code != 200:
        return None  # another desk's; reading the inboxes says so
    agent = me.json()["agent"]["id"]
    tokens: list[dict[str, Any]] = http.get(f"/api/v1/agents/{agent}/tokens", headers=bearer(token)).json()[
        "data"
    ]
    ours = [one["id"] for one in tokens if one["name"] == NAME]
    return f"/api/v1/agents/{agent}/tokens/{ours[-1]}" if ours else None


def _inboxes(http: httpx2.Client, url: str, token: str) -> list[Inbox]:
    answer = http.get("/api/v1/inboxes?sort=created_at", headers=bearer(token))
    if answer.status_code != 200:
        raise Unreachable(f"{url} does not take the token: {_why(answer)}")
    return msgspec.convert(answer.json()["data"], list[Inbox])


def _why(answer: httpx2.Response) -> str:
    """A problem's own words (RFC 9457), or the status."""
    if "json" in answer.headers.get("content-type", ""):
        problem = answer.json()
        return str(problem.get("detail") or problem.get("title") or answer.status_code)
    return str(answer.status_code)
