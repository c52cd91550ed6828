"""`parley demo`: a desk with a past, filled once, and somebody who is chatting now."""

from __future__ import annotations

import time
from typing import Any

import httpx2

from tests.acceptance.desk import Desk, started


def all_tickets(agent: httpx2.Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = agent.get("tickets", params={"page[size]": "100", "sort": "number", **after}).json()
        found += page["data"]
        if not page["meta"]["has_more"]:
            return found
        after = {"page[after]": page["meta"]["after_cursor"]}


def wait_for(desk: Desk, words: str, times: int = 1) -> None:
    """Until the process has said this so often."""
    ends = time.monotonic() + 180
    while desk.log.read_text().count(words) < times:
        assert time.monotonic() < ends, f"never said: {words}"
        time.sleep(0.2)


def test_a_demo_is_there_once_with_its_true_past_and_a_visitor_who_chats() -> None:
    with started(words=("demo",)) as desk:
        wait_for(desk, "tickets of 60 customers")
        agent = desk.sign_in()
        long_over = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time() - 120))
        told = [ticket for ticket in all_tickets(agent) if ticket["number"] <= 156]
        assert len(told) == 156
        assert {ticket["channel_source"] for ticket in told} == {"chat", "email", "api"}
        assert {ticket["status"] for ticket in told} >= {"new", "open", "pending", "resolved", "closed"}
        targets = [target for ticket in told for target in ticket["sla"]]
        breached = [target for target in targets if target["breached_at"]]
        assert 10 < len(breached) < len(targets) / 2  # some twenty-five, as weekends and nights lie
        assert all(target["breached_at"] == target["due_at"] for target in breached)
        for ticket in told:
            for target in ticket["sla"] if ticket["status"] in ("new", "open") else []:
                assert target["breached_at"] or target["met_at"] or target["due_at"] > long_over, ticket
        assert len(agent.get("knowledge-base/articles", params={"page[size]": "50"}).json()["data"]) == 20
        assert visitor(agent) >= 2

        assert desk.run("rebuild").returncode == 0
        desk.stop()
        desk.start("demo")
        wait_for(desk, "filled by an earlier start")
        again = [ticket for ticket in all_tickets(desk.sign_in()) if ticket["customer"]["email"]]
        assert len(again) == 156
        assert "Traceback" not in desk.log.read_text()


def visitor(agent: httpx2.Client) -> int:
    """How much the visitor has said, once that is more than once."""
    ends = time.monotonic() + 180
    while time.monotonic() < ends:
        newest = agent.get("tickets", params={"sort": "-created_at", "page[size]": "1"}).json()["data"][0]
        if newest["channel_source"] == "chat" and newest["customer"]["email"] is None:
            said = agent.get(f"tickets/{newest['id']}/interactions").json()["data"]
            if len(said) > 1:
                return len(said)
        time.sleep(0.5)
    raise AssertionError("nobody is chatting")
