"""Mails that refer to each other are taken in one after the other; the others at once. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence


def rounds(names: Sequence[frozenset[Hashable]]) -> list[list[int]]:
    """Indexes in rounds: of two that share a name, the later one is in a later round.

    A reply that arrives in one batch with the mail it answers so finds that mail's ticket.
    """
    latest: dict[Hashable, int] = {}
    found: list[list[int]] = []
    for index, named in enumerate(names):
        turn = max((latest[name] + 1 for name in named if name in latest), default=0)
        latest.update(dict.fromkeys(named, turn))
        if turn == len(found):
            found.append([])
        found[turn].append(index)
    return found
