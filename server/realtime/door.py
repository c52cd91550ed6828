"""Who may come in: by the path, the Origin, and how many an address, a workspace or a visitor already has."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from server.domain.identity import Actor, Customer
from server.realtime import origins
from server.realtime.handshake import NotWelcome, Opening
from server.realtime.tally import Tally

if TYPE_CHECKING:
    from server.settings import Settings

PATH = "/ws"
RETRY_SECONDS = 30
_LATER = f"Retry-After: {RETRY_SECONDS}\r\n"


class Door:
    """Counts who is in, and refuses whom there is no room for. Limits are the settings'."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._addresses = Tally(settings.max_connections_address)
        self._workspaces = Tally(settings.max_connections_workspace)
        self._visitors = Tally(settings.max_connections_visitor)

    # the handshake

    def refuse(self, opening: Opening, *, is_full: bool) -> NotWelcome | None:
        """An HTTP answer for handshakes that are not welcome."""
        if opening.path != PATH:
            return NotWelcome(404, "Not found")
        if is_full:
            return NotWelcome(503, "Try again", _LATER)
        if opening.has(b"origin") and not self.is_own_page(opening):
            return NotWelcome(403, "Origin not allowed")
        if self._addresses.is_full(self._home(self.address(opening))):
            return NotWelcome(429, "Too many connections from this address", _LATER)
        return None

    def is_own_page(self, opening: Opening) -> bool:
        """Whether a page of this desk asks. A browser always sends an Origin, and nobody else need."""
        return origins.is_own(opening.header(b"origin"), opening.header(b"host"), self._settings.url)

    def address(self, opening: Opening) -> str:
        """Where the client is, as a trusted proxy says."""
        forwarded = opening.header(b"x-forwarded-for")
        return origins.address(opening.peer, forwarded, self._settings.trusted_proxies)

    def _home(self, address: str) -> str | None:
        return origins.home(address, self._settings.trusted_proxies)

    def enter(self, address: str) -> None:
        """A socket is open."""
        self._addresses.add(self._home(address))

    # the hello

    def has_room(self, actor: Actor) -> bool:
        """Whether one more may be welcomed, now that it is known who it is."""
        return not any(tally.is_full(key) for tally, key in self._counted(actor))

    def welcome(self, actor: Actor) -> None:
        """They are welcome."""
        for tally, key in self._counted(actor):
            tally.add(key)

    def leave(self, address: str, actor: Actor | None) -> None:
        """A socket is gone; the actor is None when nobody was welcomed on it."""
        self._addresses.remove(self._home(address))
        if actor is not None:
            for tally, key in self._counted(actor):
                tally.remove(key)

    def _counted(self, actor: Actor) -> tuple[tuple[Tally, UUID | None], ...]:
        """What somebody counts in; the keys never change while they are in."""
        visitor = (actor.visitor_id or actor.id) if isinstance(actor, Customer) else None
        return (self._workspaces, actor.workspace_id), (self._visitors, visitor)
