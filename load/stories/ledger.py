"""What one person was told of one ticket, and whether that was everything, once, in order. Pure.

The numbers of a ticket's events are dense for each audience (docs/protocol.md), so a gap is a loss unless it
is filled later, which is then a disorder; and what a desk acknowledged must come back to whoever said it.
"""

from __future__ import annotations

from typing import Literal

Fault = Literal["lost", "doubled", "out of order"]
MAX_MISSING = 1000


class Ledger:
    """Positions and debts of one person in one ticket; `since` is the last number that they have."""

    def __init__(self, since: int = 0) -> None:
        self.last = since
        self._missing: set[int] = set()
        self._heard: set[str] = set()
        self._owed: dict[str, int] = {}

    def hear(self, seq: int, client_id: str | None = None) -> list[Fault]:
        """An event has come; returns what is wrong with that."""
        faults: list[Fault] = []
        if seq in self._missing:
            self._missing.discard(seq)
            faults.append("out of order")
        elif seq <= self.last:
            return ["doubled"]
        else:
            self._missing.update(range(self.last + 1, min(seq, self.last + 1 + MAX_MISSING)))
            self.last = seq
        if client_id is not None:
            if client_id in self._heard:
                faults.append("doubled")
            self._heard.add(client_id)
            self._owed.pop(client_id, None)
        return faults

    def acked(self, client_id: str, seq: int) -> None:
        """The desk has said that it keeps this: its event must come, or has."""
        if client_id not in self._heard:
            self._owed[client_id] = seq

    @property
    def complete(self) -> bool:
        """Whether nothing is owed for now."""
        return not self._owed and not self._missing

    @property
    def since(self) -> int:
        """The number up to which nothing is missing: where to go on after a break."""
        return min(self._missing, default=self.last + 1) - 1

    def settle(self) -> list[Fault]:
        """The end: whatever is still owed, once each, is lost."""
        lost = self._missing | set(self._owed.values())
        self._missing, self._owed = set(), {}
        return ["lost"] * len(lost)
