"""Events as agents and customers see them, piece by piece; `laws/test_silence.py` has the rule."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from server.domain.events import (
    Event,
    InteractionAdded,
    Recorded,
    StatusChanged,
    TagAdded,
    TicketAssigned,
    TicketOpened,
)
from server.domain.interaction import Attachment, Interaction
from server.domain.timeline import (
    Happening,
    for_agents,
    for_customers,
    interaction_resource,
    public_interaction,
)

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
TICKET, BOB, CARLA, TEAM, TAG, SAID, FILE = (UUID(int=number) for number in range(1, 8))
WORKSHOP = UUID(int=8)
NAMES = {BOB: "Bob", TEAM: "First line", TAG: "lamp", WORKSHOP: "The workshop"}


def happening(
    event: Event, actor: Any = ("agent", BOB), public_seq: int | None = None, said: Any = None
) -> Happening:
    return Happening(Recorded(TICKET, 9, public_seq, AT, *actor, event), "Somebody", said)


def said(author: str = "agent", kind: str = "message") -> Interaction:
    author_id = BOB if author == "agent" else CARLA
    file = Attachment(FILE, "a.png", "image/png", 3)
    return Interaction(
        SAID, TICKET, 9, 4, author, author_id, "Somebody", kind, "Hi", "<p>Hi</p>", AT, (file,), "c1",  # type: ignore[arg-type]
    )  # fmt: skip


def link(file_id: UUID) -> str:
    return f"/files/{file_id.int}"


def test_why_a_ticket_waits_is_for_agents() -> None:
    """Seen to fail: a customer's event that has all members of the agents' one."""
    waits = happening(StatusChanged("on_hold", "open", WORKSHOP), public_seq=3)
    moved = {"status": "on_hold", "previous": "open"}
    assert for_agents(waits, NAMES, link).data == {**moved, "reason_id": WORKSHOP, "reason": "The workshop"}
    seen = for_customers(waits, link)
    assert seen is not None and seen.data == moved
    without = for_agents(happening(StatusChanged("open", "on_hold")), NAMES, link)
    assert without.data == {"status": "open", "previous": "on_hold", "reason_id": None}


def test_names_stand_beside_the_ids_that_an_event_has() -> None:
    assigned = for_agents(happening(TicketAssigned(BOB, TEAM)), NAMES, link)
    assert assigned.data == {
        "assignee_id": BOB, "team_id": TEAM, "assignee_name": "Bob", "team_name": "First line",
    }  # fmt: skip
    nobody = for_agents(happening(TicketAssigned(None, None)), NAMES, link)
    assert (nobody.data["assignee_name"], nobody.data["team_name"]) == (None, None)
    assert for_agents(happening(TagAdded(TAG)), NAMES, link).data["tag"] == "lamp"
    assert for_agents(happening(TagAdded(UUID(int=99))), NAMES, link).data["tag"] == ""
    assert (assigned.seq, assigned.type, assigned.actor.name) == (9, "ticket_assigned", "Somebody")


def test_a_message_carries_its_text_files_and_for_its_author_its_own_id() -> None:
    seen = interaction_resource(said(), link)
    assert (seen.seq, seen.author_id, seen.content, seen.client_id) == (9, BOB, "Hi", "c1")
    assert [file.url for file in seen.attachments] == ["/files/7"]
    public = public_interaction(seen, 4)
    assert (public.seq, public.author_id, public.author_name, public.client_id) == (4, None, "Somebody", None)
    own = public_interaction(interaction_resource(said("customer"), link), 4)
    assert (own.author_id, own.client_id) == (CARLA, "c1")


def test_a_customer_sees_the_opening_messages_and_statuses() -> None:
    opening = TicketOpened(7, TEAM, "chat", CARLA, None, "urgent", (TAG,))
    shown = [
        for_customers(happening(opening, ("customer", CARLA), 1), link),
        for_customers(happening(StatusChanged("open", "new"), public_seq=2), link),
        for_customers(happening(InteractionAdded(SAID, "message"), public_seq=4, said=said()), link),
    ]
    assert [(event.seq, event.type) for event in shown if event] == [
        (1, "ticket_opened"), (2, "status_changed"), (4, "interaction_added"),
    ]  # fmt: skip
    assert shown[0] is not None and shown[0].data == {} and shown[0].actor.id == CARLA
    assert shown[1] is not None and shown[1].actor.id is None


def test_a_customer_sees_nothing_else() -> None:
    assert for_customers(happening(TicketAssigned(BOB, TEAM)), link) is None
    assert for_customers(happening(InteractionAdded(SAID, "note"), said=said(kind="note")), link) is None
