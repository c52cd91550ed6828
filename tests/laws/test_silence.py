"""Silence: nothing internal is in what a customer is told, live or from the history.

Any events of a ticket, rendered for customers: notes, assignments, tags, SLA events, addresses and the ids of
staff are not in it, and what is there is numbered without holes. Seen to fail when a note is rendered, and
when an agent's id is left in.
"""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from server.clock import now
from server.domain.events import Event, InteractionAdded, Recorded, StatusChanged, TicketOpened, is_public
from server.domain.interaction import Attachment, Interaction
from server.domain.timeline import Happening
from server.realtime.membership import frames_of
from server.realtime.telling import tell
from tests.laws.budget import examples
from tests.laws.values import any_of

CARLA = UUID(int=7)
ACTORS = st.sampled_from([("agent", UUID(int=99)), ("customer", CARLA), ("system", None)])
EVENTS = st.lists(
    st.tuples(st.one_of([any_of(kind) for kind in get_args(Event)]), ACTORS), min_size=1, max_size=12
)
SHOWN = {"ticket_opened", "interaction_added", "status_changed"}
SECRET = "planted secret"
PUBLIC = (TicketOpened, InteractionAdded, StatusChanged)


def happenings(events: list[tuple[Event, tuple[Any, UUID | None]]]) -> list[Happening]:
    """The events in their places, each note and internal name with a planted word."""
    found, public_seq = [], 0
    for seq, (event, (kind, actor_id)) in enumerate(events, 1):
        number = None
        if is_public(event):
            public_seq += 1
            number = public_seq
        record = Recorded(UUID(int=1), seq, number, now(), kind, actor_id, event)
        said = None
        if isinstance(event, InteractionAdded):
            said = _said(record, event)
        found.append(Happening(record, "Somebody", said))
    return found


def _said(record: Recorded, event: InteractionAdded) -> Interaction:
    text = SECRET if event.interaction_type == "note" else "for everybody"
    file = Attachment(UUID(int=55), f"{text}.txt", "text/plain", 1)
    return Interaction(
        event.interaction_id,
        record.ticket_id,
        record.seq,
        record.public_seq,
        record.actor_type,
        record.actor_id,
        "Somebody",
        event.interaction_type,
        text,
        f"<p>{text}</p>",
        record.at,
        (file,),
        "the author's own id",
    )


@given(EVENTS)
@examples(300)
def test_a_customer_is_told_nothing_internal(events: list[tuple[Event, tuple[Any, UUID | None]]]) -> None:
    told = [
        tell("ticket:1", happening, _Names(), lambda file: f"/{file}") for happening in happenings(events)
    ]
    frames = [_parsed(frame) for frame in frames_of(told, public=True)]
    assert [frame["seq"] for frame in frames] == list(range(1, len(frames) + 1))
    assert len(frames) == sum(is_public(event) for event, _ in events)
    for frame in frames:
        assert frame["type"] in SHOWN
        assert SECRET not in str(frame)
        actor = frame["actor"]
        assert actor["id"] == (str(CARLA) if actor["type"] == "customer" else None)
        if frame["type"] == "ticket_opened":
            assert frame["data"] == {}
        elif frame["type"] == "status_changed":
            assert set(frame["data"]) == {"status", "previous"}
        else:
            said = frame["data"]
            assert said["type"] == "message"
            assert said["seq"] == frame["seq"]
            assert said["author_id"] == actor["id"]
            assert ("client_id" in said) == (actor["type"] == "customer")
            assert all(file["uploaded_by"] is None for file in said["attachments"])


@given(EVENTS)
@examples(100)
def test_an_agent_is_told_everything(events: list[tuple[Event, tuple[Any, UUID | None]]]) -> None:
    told = [
        tell("ticket:1", happening, _Names(), lambda file: f"/{file}") for happening in happenings(events)
    ]
    frames = [_parsed(frame) for frame in frames_of(told, public=False)]
    assert [frame["seq"] for frame in frames] == list(range(1, len(events) + 1))
    assert [frame["type"] for frame in frames] == [event.__struct_config__.tag for event, _ in events]


@given(st.one_of([any_of(kind) for kind in get_args(Event) if kind not in PUBLIC]))
@examples(100)
def test_every_other_event_is_internal(event: Event) -> None:
    """Also one that is new, until somebody decides otherwise, here."""
    assert not is_public(event)


class _Names(dict[UUID, str]):
    """Every team, agent and tag has the planted word for its name."""

    def __missing__(self, key: UUID) -> str:
        return SECRET

    def get(self, key: UUID, default: Any = None) -> str:
        return SECRET


def _parsed(frame: bytes) -> Any:
    size = frame[1]
    return msgspec.json.decode(frame[2 if size < 126 else 4 if size == 126 else 10 :])
