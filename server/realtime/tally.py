"""How many connections each address, visitor or workspace has, and how many it may have."""

from __future__ import annotations


class Tally:
    """Counts by key, bounded by `most`; keys are forgotten with their last connection."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._of: dict[object, int] = {}

    def is_full(self, key: object) -> bool:
        """Whether one more would be too many. Nobody is counted who has no key."""
        return self._of.get(key, 0) >= self.most

    def add(self, key: object) -> None:
        """One more."""
        if key is not None:
            self._of[key] = self._of.get(key, 0) + 1

    def remove(self, key: object) -> None:
        """One less; only what was added."""
        if key is None:
            return
        left = self._of[key] - 1
        if left:
            self._of[key] = left
        else:
            del self._of[key]

    def __len__(self) -> int:
        return len(self._of)
