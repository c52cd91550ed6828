"""Events as people see them: joined with names and texts for agents, and cut down for customers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import msgspec

from server.domain import resources
from server.domain.events import (
    Event,
    InteractionAdded,
    Recorded,
    StatusChanged,
    TagAdded,
    TagRemoved,
    TicketAssigned,
    TicketOpened,
)
from server.domain.interaction import Attachment, Interaction

Link = Callable[[UUID], str]
Names = Mapping[UUID, str]


class Happening(msgspec.Struct, frozen=True):
    """An event with what it points to: the actor's name, and what was said if something was."""

    record: Recorded
    actor_name: str
    interaction: Interaction | None = None


class LiveInteraction(resources.Interaction, frozen=True, kw_only=True, omit_defaults=True):
    """An interaction on its way to those present; its author knows it by `client_id`.

    Agents hear in `draft` which generation of the shared draft begins with it, when it was a draft.
    """

    client_id: str | None = None
    draft: int | None = None


def for_both(
    happening: Happening, names: Names, link: Link
) -> tuple[resources.TimelineEvent, resources.TimelineEvent | None]:
    """`for_agents` and `for_customers` of one event; what they share is made once."""
    said = _said(happening, link)
    return _for_agents(happening, names, said), _for_customers(happening, said)


def for_agents(happening: Happening, names: Names, link: Link) -> resources.TimelineEvent:
    """An event with everything that agents may see. `names` has agents, teams, tags and
    reasons by id."""
    return _for_agents(happening, names, _said(happening, link))


def for_customers(happening: Happening, link: Link) -> resources.TimelineEvent | None:
    """An event cut down to what a customer may see, numbered by `public_seq`; None when that is nothing.

    Agents appear by their display name alone.
    """
    return _for_customers(happening, _said(happening, link))


def _said(happening: Happening, link: Link) -> LiveInteraction | None:
    return None if happening.interaction is None else interaction_resource(happening.interaction, link)


def _for_agents(happening: Happening, names: Names, said: LiveInteraction | None) -> resources.TimelineEvent:
    record = happening.record
    data: Any
    if said is None:
        data = _data(record.event, names)
    elif isinstance(record.event, InteractionAdded) and record.event.draft is not None:
        data = msgspec.structs.replace(said, draft=record.event.draft)
    else:
        data = said
    who = resources.Who(type=record.actor_type, id=record.actor_id, name=happening.actor_name)
    return resources.TimelineEvent(
        seq=record.seq, type=event_type(record.event), at=record.at, actor=who, data=data
    )


def _for_customers(happening: Happening, said: LiveInteraction | None) -> resources.TimelineEvent | None:
    record = happening.record
    if record.public_seq is None:
        return None
    data: Any
    match record.event:
        case TicketOpened():
            data = {}
        case StatusChanged(status=status, previous=previous):
            data = {"status": status, "previous": previous}
        case _:
            if said is None:
                return None
            data = public_interaction(said, record.public_seq)
    shown = record.actor_id if record.actor_type == "customer" else None
    who = resources.Who(type=record.actor_type, id=shown, name=happening.actor_name)
    return resources.TimelineEvent(
        seq=record.public_seq, type=event_type(record.event), at=record.at, actor=who, data=data
    )


def event_type(event: Event) -> str:
    """The event's name in the log and on the wire."""
    return str(event.__struct_config__.tag)


def _data(event: Event, names: Names) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.structs.asdict(event)
    match event:
        case TicketAssigned(assignee_id=assignee_id, team_id=team_id):
            data["assignee_name"] = None if assignee_id is None else names.get(assignee_id, "")
            data["team_name"] = None if team_id is None else names.get(team_id, "")
        case TagAdded(tag_id=tag_id) | TagRemoved(tag_id=tag_id):
            data["tag"] = names.get(tag_id, "")
        case StatusChanged(reason_id=UUID() as reason_id):
            data["reason"] = names.get(reason_id, "")
        case _:
            pass
    return data


def interaction_resource(said: Interaction, link: Link) -> LiveInteraction:
    """What was said, as agents see it."""
    return LiveInteraction(
        id=said.id,
        ticket_id=said.ticket_id,
        seq=said.seq,
        author_id=said.author_id,
        author_type=said.author_type,
        author_name=said.author_name,
        type=said.type,
        content=said.content,
        content_html=said.content_html,
        created_at=said.created_at,
        attachment_ids=[file.id for file in said.attachments] if said.attachments else [],
        attachments=[_attachment(file, said, link) for file in said.attachments] if said.attachments else [],
        client_id=said.client_id,
    )


def public_interaction(said: LiveInteraction, public_seq: int) -> LiveInteraction:
    """What was said, as the customer sees it."""
    own = said.author_type == "customer"
    return msgspec.structs.replace(
        said,
        seq=public_seq,
        author_id=said.author_id if own else None,
        client_id=said.client_id if own else None,
    )


def _attachment(file: Attachment, said: Interaction, link: Link) -> resources.Attachment:
    return resources.Attachment(
        id=file.id,
        interaction_id=said.id,
        filename=file.filename,
        url=link(file.id),
        mime_type=file.mime_type,
        size_bytes=file.size_bytes,
        uploaded_by=None,
        created_at=said.created_at,
    )
