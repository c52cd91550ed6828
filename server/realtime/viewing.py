"""Who has which ticket open: what the lists of inboxes show beside each row.

Each process tells, for every inbox, the tickets that its agents have open; whoever watches the inbox sees all
of them as one. Pure: what must be told is returned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple
from uuid import UUID

from server.realtime.frames import Member, Viewing, encode_frame
from server.realtime.notes import ViewingOf
from server.realtime.presence import STATE_SECONDS, agents_of
from server.realtime.room import Room
from server.realtime.ticket_room import TicketRoom

MAX_TOLD = 1000  # tickets told to somebody who begins to watch
Inbox = tuple[UUID, str]


class _View(NamedTuple):
    members: tuple[Member, ...]
    typing: tuple[Member, ...]
    until: float


class Views:
    """What is open, by inbox, ticket and process."""

    def __init__(
        self, find: Callable[[UUID, str], Room | None],
        opened: Callable[[str], None], closed: Callable[[str], None],
    ) -> None:  # fmt: skip
        self._find = find
        self._opened = opened
        self._closed = closed
        self._here: dict[Inbox, dict[UUID, ViewingOf]] = {}
        self._elsewhere: dict[Inbox, dict[UUID, dict[UUID, _View]]] = {}
        self._changed: dict[tuple[Inbox, UUID], None] = {}

    # what this process tells

    def look(self, room: TicketRoom) -> tuple[Inbox, ViewingOf] | None:
        """A ticket's room has changed; returns what its inbox must hear of it, if anything."""
        if room.scope is None or room.scope.inbox_id is None:
            return None
        inbox = (room.workspace_id, f"inbox:{room.scope.inbox_id}")
        members, typing = room.viewed() if room.members else ((), ())
        note = ViewingOf(room.ticket_id, members, typing if members else ())
        if note == self._here.get(inbox, {}).get(room.ticket_id, ViewingOf(room.ticket_id, (), ())):
            return None
        self._keep(inbox, note)
        self._changed[inbox, room.ticket_id] = None
        return inbox, note

    def _keep(self, inbox: Inbox, note: ViewingOf) -> None:
        if note.members:
            if inbox not in self._here:
                self._here[inbox] = {}
                self._opened(inbox[1])  # so that whoever begins to watch elsewhere can ask
            self._here[inbox][note.ticket_id] = note
            return
        self._here[inbox].pop(note.ticket_id, None)
        if not self._here[inbox]:
            del self._here[inbox]
            self._closed(inbox[1])

    def answer(self, inbox: Inbox) -> list[ViewingOf]:
        """All that is open here of an inbox, for a process that asks."""
        return list(self._here.get(inbox, {}).values())

    def refresh(self) -> Iterator[tuple[Inbox, list[ViewingOf]]]:
        """The same of every inbox, to be said again before others forget it."""
        for inbox, notes in self._here.items():
            yield inbox, list(notes.values())

    # what other processes tell

    def hear(self, inbox: Inbox, process: UUID, note: ViewingOf, now: float) -> None:
        """What another process says of a ticket; kept only while somebody here watches its inbox."""
        if self._find(*inbox) is None:
            return
        views = self._elsewhere.setdefault(inbox, {}).setdefault(note.ticket_id, {})
        old = views.pop(process, None)
        if note.members:
            views[process] = _View(note.members, note.typing, now + STATE_SECONDS)
        if old is None or (old.members, old.typing) != (note.members, note.typing):
            self._changed[inbox, note.ticket_id] = None

    def expire(self, now: float) -> None:
        """Forget what was not said again, and inboxes that nobody watches here any more."""
        for inbox in [inbox for inbox in self._elsewhere if self._find(*inbox) is None]:
            del self._elsewhere[inbox]
        for inbox, tickets in self._elsewhere.items():
            for ticket_id, views in list(tickets.items()):
                for process in [process for process, view in views.items() if view.until <= now]:
                    del views[process]
                    self._changed[inbox, ticket_id] = None
                if not views:
                    del tickets[ticket_id]

    # what who watches is told

    def tell(self) -> None:
        """Tell what has changed to those who watch."""
        changed, self._changed = self._changed, {}
        for inbox, ticket_id in changed:
            room = self._find(*inbox)
            if room is not None:
                payload = encode_frame(self._frame(inbox, ticket_id))
                room.broadcast(lambda public, payload=payload: None if public else payload)

    def frames(self, inbox: Inbox) -> list[Viewing]:
        """All that is open of an inbox, for somebody who begins to watch it."""
        tickets = dict.fromkeys([*self._here.get(inbox, {}), *self._elsewhere.get(inbox, {})])
        found = (self._frame(inbox, ticket_id) for ticket_id in list(tickets)[:MAX_TOLD])
        return [frame for frame in found if frame.members]

    def _frame(self, inbox: Inbox, ticket_id: UUID) -> Viewing:
        notes: list[ViewingOf | _View] = list(self._elsewhere.get(inbox, {}).get(ticket_id, {}).values())
        if (own := self._here.get(inbox, {}).get(ticket_id)) is not None:
            notes.append(own)
        members = {member.id: member for note in notes for member in note.members}
        typing = {(member.type, member.id): member for note in notes for member in note.typing}
        return Viewing(inbox[1], ticket_id, list(agents_of(members.values())), list(typing.values()))
