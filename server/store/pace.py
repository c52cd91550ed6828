"""How long to wait before trying again: twice as long each time, within bounds. Pure."""

from __future__ import annotations


class Backoff:
    """Growing waits in seconds, from `first` to `most`; `reset` after a success."""

    def __init__(self, first: float = 0.1, most: float = 10.0) -> None:
        self._first = first
        self._most = most
        self._next = first

    def next_seconds(self) -> float:
        """How long to wait this time."""
        seconds, self._next = self._next, min(self._next * 2, self._most)
        return seconds

    def reset(self) -> None:
        """It worked: the next wait is the shortest again."""
        self._next = self._first
