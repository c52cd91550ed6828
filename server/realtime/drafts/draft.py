"""The shared draft of one ticket, as this process has it. It neither awaits nor reads a clock.

What comes in gives outputs, for the shell to carry out: answers to one member, and what all others must hear,
here and, when `far`, by other processes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never
from uuid import UUID

import msgspec

from server.realtime.drafts.cursors import Cursors, State, encode_states, parse_states
from server.realtime.drafts.document import Document
from server.realtime.drafts.frame import Answer, Ask, Edit, Message, Moved
from server.realtime.membership import Listener


class Reply(msgspec.Struct, frozen=True):
    """Answer one member."""

    to: Listener
    message: Message


class Share(msgspec.Struct, frozen=True):
    """Tell the members, but one; `far`: and other processes."""

    message: Message
    but: Listener | None = None
    far: bool = True


class Announce(msgspec.Struct, frozen=True):
    """Tell other processes, and nobody here."""

    message: Message


Output = Reply | Share | Announce


class Draft:
    """One generation after the other; `unsaved` is what Postgres has not been given of this one."""

    def __init__(self, generation: int) -> None:
        self.generation = generation
        self.members: dict[Listener, None] = {}
        self.unsaved: list[bytes] = []
        self._document = Document()
        self._cursors = Cursors()

    def begin(self, generation: int) -> bool:
        """What was written so far is sent; False for no news."""
        if generation <= self.generation:
            return False
        self.generation = generation
        self.unsaved = []
        self._document = Document()
        self._cursors.clear()
        return True

    def receive(self, by: Listener, message: Message) -> list[Output]:
        """A member, of this generation, says something. Raises Invalid or TooLarge."""
        self.members[by] = None
        match message:
            case Ask(state=state):
                return self._answer(by, state)
            case Answer(update=update) | Edit(update=update):
                return self._write(by, update, again=isinstance(message, Edit))
            case Moved(states=states):
                return self._move(by, states)
            case _:
                assert_never(message)

    def _answer(self, by: Listener, state: bytes) -> list[Output]:
        outputs: list[Output] = [
            Reply(by, Answer(self._document.since(state))),
            Reply(by, Ask(self._document.state())),
        ]
        if others := self._cursors.but(by):
            outputs.append(Reply(by, Moved(encode_states(others))))
        return outputs

    def _write(self, by: Listener, update: bytes, *, again: bool) -> list[Output]:
        news = self._document.take(update)
        if news is None:  # what it lacks must be with its author: let them answer, once
            return [Reply(by, Ask(self._document.state()))] if again else []
        self.unsaved += news
        return [Share(Edit(update), by) for update in news]

    def _move(self, by: Listener, data: bytes) -> list[Output]:
        person = by.actor.id
        assert person is not None  # Parley itself has no cursor
        passed = self._cursors.move(by, person, by.actor.name, parse_states(data))
        return [_cursors(passed, by)] if passed else []

    def hear(self, process: UUID, message: Message) -> list[Output]:
        """Another process says something, of this generation. Raises Invalid or TooLarge."""
        match message:
            case Answer(update=update) | Edit(update=update):
                return self.merge({process: update})[0]
            case Moved(states=states):
                heard = self._cursors.hear(process, parse_states(states))
                return [_cursors(heard, far=False)] if heard else []
            case Ask(state=state):
                return [Announce(Answer(self._document.since(state))), *self.present()]
            case _:
                assert_never(message)

    def merge(self, updates: Mapping[UUID, bytes]) -> tuple[list[Output], set[UUID]]:
        """What Postgres keeps, or will; also returns which of them lack something before them."""
        news, lacking = self._document.take_all(updates)
        return [Share(Edit(update), far=False) for update in news], lacking

    def ask(self) -> Announce:
        """What other processes are asked as the draft is opened here."""
        return Announce(Ask(self._document.state()))

    def leave(self, listener: Listener) -> list[Output]:
        """A member is gone, and their cursor with them; harmless for others."""
        if listener not in self.members:
            return []
        del self.members[listener]
        gone = self._cursors.leave(listener)
        return [_cursors(gone)] if gone else []

    def present(self) -> list[Output]:
        """Where the cursors of this process are, for another that asks."""
        states = self._cursors.of(self.members)
        return [Announce(Moved(encode_states(states)))] if states else []

    def packed(self) -> bytes | None:
        """All that is written, as one update; None where that cannot be made."""
        return self._document.packed()


def _cursors(states: list[State], but: Listener | None = None, *, far: bool = True) -> Share:
    return Share(Moved(encode_states(states)), but, far)
