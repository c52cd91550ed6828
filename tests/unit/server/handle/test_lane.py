"""A lane's queue: bounded, fair between workspaces, and honest when it ends."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

from server.clock import now
from server.domain.commands import ChangeStatus, Envelope
from server.domain.errors import Unavailable
from server.domain.identity import System
from server.handle import lane as module
from server.handle.lane import MAX_BATCH, TURN_SECONDS, Answer, Lane, pause
from server.handle.memory import Memory


class Away:
    """A store whose Postgres is away."""

    def write(self, *_: object, **__: object) -> None:
        raise Unavailable


def envelope(workspace: int = 1, ticket: int = 1) -> Envelope:
    return Envelope(System(UUID(int=workspace)), ChangeStatus(UUID(int=ticket), "open"))


def lane() -> Lane:
    store: Any = Away()
    return Lane(store, {}, Memory(), lambda _: None, now)


def test_a_full_queue_refuses_and_says_that_it_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    here = lane()
    for _ in range(3):
        here.put(envelope(), lambda _: None)
    with pytest.raises(Unavailable) as refused:
        here.put(envelope(), lambda _: None)
    assert refused.value.retry


def test_workspaces_take_turns_and_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BATCH", 2)
    here = lane()
    for workspace, ticket in ((1, 1), (1, 2), (1, 3), (2, 4), (1, 5), (3, 6)):
        here.put(envelope(workspace, ticket), lambda _: None)
    taken = []
    while here._count:
        workspace_id, batch = here._take()
        taken.append((workspace_id.int, [one[0].command.ticket_id.int for one in batch]))
    assert taken == [(1, [1, 2]), (2, [4]), (3, [6]), (1, [3, 5])]


async def test_what_still_waits_at_the_end_is_refused_as_retryable() -> None:
    here = lane()
    answers: list[Answer] = []
    for workspace in (1, 1, 2):
        here.put(envelope(workspace), answers.append)
    running = asyncio.create_task(here.run())
    await asyncio.sleep(0)  # the first workspace's are being tried, the other's wait
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Unavailable] * 3


def test_what_comes_alone_is_written_at_once_and_what_follows_one_another_is_gathered() -> None:
    assert pause(since=0.001, last=1, waiting=1) == 0
    assert pause(since=0.001, last=20, waiting=2) == pytest.approx(TURN_SECONDS - 0.001)
    assert pause(since=1.0, last=20, waiting=2) <= 0
    assert pause(since=0.001, last=20, waiting=MAX_BATCH) == 0
