"""Who has the cursor where in a draft: the latest of each connection, and how it is withdrawn.

An awareness update (y-protocols) is some states: a Yjs client's id, a clock that only goes up, and JSON,
`null` for whoever is gone. A client id belongs to the person who used it first; whose cursor it is says
the server, not they.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

import msgspec

from server.domain.errors import Invalid
from server.realtime.drafts.frame import Reader, number_bytes
from server.realtime.drafts.update import MAX_CLIENT

MAX_CLIENTS = 8  # of one connection
MAX_TICKS = 2**53 - 1
_NOBODY = "null"


class State(msgspec.Struct, frozen=True):
    """One client's cursor, as JSON."""

    client: int
    clock: int
    json: str


def parse_states(data: bytes) -> list[State]:
    """The states of an awareness update; raises Invalid for anything else."""
    reader = Reader(data)
    count = reader.number(len(data))
    states = [State(reader.number(MAX_CLIENT), reader.number(MAX_TICKS), reader.text()) for _ in range(count)]
    if not reader.is_done:
        raise Invalid("There is more than cursors")
    return states


def encode_states(states: Iterable[State]) -> bytes:
    """An awareness update."""
    found = list(states)
    parts = [number_bytes(len(found))]
    for state in found:
        text = state.json.encode()
        parts += [number_bytes(state.client), number_bytes(state.clock), number_bytes(len(text)), text]
    return b"".join(parts)


class Cursors:
    """The cursors in one draft, by who holds them: a connection here, or another process."""

    def __init__(self) -> None:
        self._held: dict[object, dict[int, State]] = {}
        self._owners: dict[int, tuple[object, UUID | None]] = {}

    def move(self, holder: object, person: UUID, name: str, states: Iterable[State]) -> list[State]:
        """Somebody's connection says where their cursors are; returns what is to be passed on.

        What they say of the cursors of others is left out.
        """
        own = self._held.setdefault(holder, {})
        passed = []
        for state in states:
            owner, whose = self._owners.get(state.client, (holder, person))
            if whose != person or (state.client not in own and len(own) >= MAX_CLIENTS):
                continue
            if owner != holder:  # the same person on a new line
                self._held.get(owner, {}).pop(state.client, None)
            if (signed := _sign(state, person, name)) is not None:
                passed.append(signed)
                self._put(holder, person, signed)
        return passed

    def hear(self, process: UUID, states: Iterable[State]) -> list[State]:
        """Another process says where the cursors of its people are."""
        self._held.setdefault(process, {})
        heard = [state for state in states if self._owners.get(state.client, (process,))[0] == process]
        for state in heard:
            self._put(process, None, state)
        return heard

    def _put(self, holder: object, person: UUID | None, state: State) -> None:
        if state.json == _NOBODY:
            self._held[holder].pop(state.client, None)
            self._owners.pop(state.client, None)
        else:
            self._held[holder][state.client] = state
            self._owners[state.client] = (holder, person)

    def leave(self, holder: object) -> list[State]:
        """Somebody is gone: what withdraws their cursors for the others."""
        held = self._held.pop(holder, {})
        for client in held:
            del self._owners[client]
        return [State(state.client, state.clock + 1, _NOBODY) for state in held.values()]

    def of(self, holders: Iterable[object]) -> list[State]:
        """The cursors of some."""
        return [state for holder in holders for state in self._held.get(holder, {}).values()]

    def but(self, holder: object) -> list[State]:
        """The cursors of all others."""
        return self.of(other for other in self._held if other != holder)

    def clear(self) -> None:
        """Another generation begins: nobody has a cursor in it yet."""
        self._held.clear()
        self._owners.clear()


def _sign(state: State, person: UUID, name: str) -> State | None:
    """The same with whose it is; None for what is no object."""
    if state.json == _NOBODY:
        return state
    try:
        said = msgspec.json.decode(state.json)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(said, dict):
        return None
    user = said.get("user")
    said["user"] = (user if isinstance(user, dict) else {}) | {"id": str(person), "name": name}
    return State(state.client, state.clock, msgspec.json.encode(said).decode())
