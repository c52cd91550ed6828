"""Who composes in a room, here and by other processes. Pure: what changed is returned, to be told."""

from __future__ import annotations

from typing import NamedTuple

from server.realtime.frames import Member
from server.realtime.presence import Key

TYPING_SECONDS = 6.0
MAX_TYPISTS = 100  # remembered in one room


class Typed(NamedTuple):
    """Somebody began, went on or stopped, and whether others need to hear of it."""

    who: Member
    on: bool
    text: str | None
    is_news: bool


class _Typist(NamedTuple):
    who: Member
    until: float
    is_here: bool


class Composing:
    """Everybody who composes in a room, until they stop or say nothing for six seconds."""

    __slots__ = ("_typists",)

    def __init__(self) -> None:
        self._typists: dict[Key, _Typist] = {}

    def __bool__(self) -> bool:
        return bool(self._typists)

    def compose(self, who: Member, on: bool, text: str | None, now: float, *, is_here: bool) -> Typed:
        """Somebody says that they compose, or no longer: here, or by another process.

        It is news when it changes, and again while a peek's text does. Whoever composes here as well is not
        stopped by another process.
        """
        key = (who.type, who.id)
        known = self._typists.get(key)
        if not is_here and known is not None and known.is_here:
            return Typed(who, True, None, False)
        if not on:
            self._typists.pop(key, None)
        elif known is not None or len(self._typists) < MAX_TYPISTS:
            self._typists[key] = _Typist(who, now + TYPING_SECONDS, is_here)
        else:
            return Typed(who, on, None, False)
        return Typed(who, on, text, (known is not None) != on or (on and text is not None))

    def leave(self, key: Key) -> Typed | None:
        """Somebody is no longer here; None when they did not compose here."""
        typist = self._typists.get(key)
        if typist is None or not typist.is_here:
            return None
        del self._typists[key]
        return Typed(typist.who, False, None, True)

    def expire(self, now: float) -> list[Typed]:
        """Who has said nothing for a while is no longer composing."""
        late = [key for key, typist in self._typists.items() if typist.until <= now]
        return [Typed(self._typists.pop(key).who, False, None, True) for key in late]

    def everybody(self) -> list[Member]:
        """Who composes now."""
        return [typist.who for typist in self._typists.values()]

    def here(self) -> list[Member]:
        """Who composes by this process."""
        return [typist.who for typist in self._typists.values() if typist.is_here]
