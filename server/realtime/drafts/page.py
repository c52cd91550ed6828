"""A draft that is open in this process, with what the shell must remember about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, assert_never
from uuid import UUID

from server.domain import rights
from server.domain.errors import DraftSent, Invalid, Refusal, Unavailable
from server.domain.rights import Action, Scope
from server.realtime.drafts.draft import Announce, Draft, Output, Reply, Share
from server.realtime.drafts.frame import Message, encode_draft, encode_message
from server.realtime.frames import Draft as DraftNow
from server.realtime.frames import ServerFrame
from server.realtime.membership import Listener
from server.realtime.notes import DraftChanged
from server.realtime.wire import BINARY, make_frame

MAX_WAITING = 64  # frames that came while the draft was read


class Writer(Listener, Protocol):
    """A connection as a draft sees it."""

    def tell(self, frame: ServerFrame) -> None: ...

    def refuse(self, refusal: Refusal, *, room: str | None = None) -> None: ...


class Host(Protocol):
    """What a page needs of whoever opened it."""

    def announce(self, page: Page, note: DraftChanged) -> None:
        """Tell other processes."""

    def written(self, page: Page) -> None:
        """There is something to save."""


class Page:
    """One ticket's draft: who waits for it to be read, and which of its rows in Postgres are in it."""

    def __init__(self, host: Host, workspace_id: UUID, ticket_id: UUID, scope: Scope) -> None:
        self.workspace_id = workspace_id
        self.ticket_id = ticket_id
        self.name = f"ticket:{ticket_id}"
        self.scope = scope
        self.draft: Draft | None = None
        self.waiting: list[tuple[Writer, int, Message]] = []
        self.known: set[UUID] = set()
        self.is_reading = False
        self.is_saving = False
        self.idle_since: float | None = None
        self._host = host
        self._newest = 0  # of the generations that were told
        self._gone: list[Listener] = []  # who left while the draft was read; what they wrote counts

    # what the room tells

    def left(self, listener: Listener) -> None:
        """Somebody has left the ticket."""
        if self.draft is None:
            self._gone.append(listener)
        else:
            self.carry(self.draft.leave(listener))

    def raised(self, generation: int) -> None:
        """The draft was sent: everybody begins with nothing."""
        self._newest = max(generation, self._newest)
        if self.draft is not None and self.draft.begin(generation):
            self.known.clear()

    # what Postgres has

    def read(self, generation: int, updates: Mapping[UUID, bytes]) -> None:
        """The generation as it was read, and what is kept of it; may be older than what was told."""
        self.raised(generation)
        if self.draft is None:
            self.draft = Draft(self._newest)
            self.carry([self.draft.ask()])
        if generation == self.draft.generation:
            outputs, lacking = self.draft.merge(updates)
            self.known |= updates.keys() - lacking
            self.carry(outputs)

    # what members say

    def wait(self, by: Writer, generation: int, message: Message) -> None:
        """The same, before the draft is read."""
        if len(self.waiting) >= MAX_WAITING:
            raise Unavailable("The draft is being read")
        self._gone = [listener for listener in self._gone if listener is not by]
        self.waiting.append((by, generation, message))

    def receive(self, by: Writer, generation: int, message: Message) -> None:
        """Somebody who may says something; raises a Refusal."""
        assert self.draft is not None
        if generation < self.draft.generation:
            by.tell(DraftNow(self.name, self.draft.generation))
            raise DraftSent
        if generation > self.draft.generation:
            raise Invalid("There is no such draft yet")
        self.carry(self.draft.receive(by, message))

    def answer_waiting(self) -> None:
        """The draft was read: now what came meanwhile."""
        waiting, self.waiting = self.waiting, []
        for by, generation, message in waiting:
            try:
                self.receive(by, generation, message)
            except Refusal as refusal:
                by.refuse(refusal, room=self.name)
        gone, self._gone = self._gone, []
        for listener in gone:
            self.left(listener)

    def refuse_waiting(self, refusal: Refusal) -> None:
        """The draft cannot be read."""
        waiting, self.waiting, self._gone = self.waiting, [], []
        for by, _, _ in waiting:
            by.refuse(refusal, room=self.name)

    # what comes of it

    def carry(self, outputs: Iterable[Output]) -> None:
        """Tell whom it concerns, and have saved what is new."""
        draft = self.draft
        assert draft is not None
        for output in outputs:
            match output:
                case Reply(to=to, message=message):
                    to.send(self._frame(draft, message))
                case Share(message=message, but=but, far=far):
                    self._share(draft, message, but)
                    if far:
                        self._host.announce(self, DraftChanged(draft.generation, encode_message(message)))
                case Announce(message=message):
                    self._host.announce(self, DraftChanged(draft.generation, encode_message(message)))
                case _:
                    assert_never(output)
        if draft.unsaved:
            self._host.written(self)

    def _frame(self, draft: Draft, message: Message) -> bytes:
        return make_frame(BINARY, encode_draft(self.ticket_id, draft.generation, message))

    def _share(self, draft: Draft, message: Message, but: Listener | None) -> None:
        frame = self._frame(draft, message)
        for member in list(draft.members):
            if member is but:
                continue
            if self.admits(member):
                member.send(frame)
            else:
                self.left(member)

    def admits(self, member: Listener) -> bool:
        """Whether somebody may still write here: rights change while they do."""
        try:
            rights.check(member.actor, Action.WRITE_DRAFT, self.scope)
        except Refusal:
            return False
        return True
