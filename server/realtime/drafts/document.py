"""The document of a draft: a pycrdt Doc that takes what was measured, within bounds, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from pycrdt import Doc, merge_updates

from server.domain.errors import Invalid, TooLarge
from server.realtime.drafts.update import Extent, measure, parse_state

T = TypeVar("T")
K = TypeVar("K")

MAX_BYTES = 1024 * 1024
MAX_TYPES = 5_000  # deletions recurse: at some ten thousand elements within each other the process would end
MAX_STRUCTS = 10_000  # runs of text; each may have to be placed among all others (YATA)
MAX_CLIENTS = 1_000  # Yjs clients: windows, one after the other
MAX_PIECES = 256  # updates remembered apart


class Document:
    """A Yjs document that any number of clients write.

    It never holds what lacks something before it: that waits with whoever has both. All that it took stays in
    `_taken`, so that it can be made anew if merging ever breaks half way.
    """

    def __init__(self) -> None:
        self._taken: list[bytes] = []
        self._news: list[bytes] = []
        self._bytes = self._structs = self._types = 0
        self._doc = self._begin()

    def _begin(self) -> Doc:  # type: ignore[type-arg]
        doc: Doc = Doc()  # type: ignore[type-arg]
        news = self._news  # and not self: the doc would hold whoever holds it
        self._subscription = doc.observe(lambda event: news.append(event.update))
        return doc

    def take(self, update: bytes) -> list[bytes] | None:
        """Merge an update; returns what is news in it, or None when something before it is missing here.

        Taking it again is harmless and no news. Raises Invalid for what no reply has and TooLarge beyond the
        bounds. But for its news nothing is taken.
        """
        extent, state = measure(update), parse_state(self.state())
        if not extent.follows(state):
            return None
        if len(state.keys() | extent.begins.keys()) > MAX_CLIENTS:
            raise TooLarge(f"A draft has at most {MAX_CLIENTS} writers")
        self._make_room(len(update), extent)
        try:
            _guard(lambda: self._doc.apply_update(update))
            is_in = extent.is_in(parse_state(self.state()))
        except Invalid:
            self._restore()
            raise
        if not is_in:
            self._restore()
            return None
        news = list(self._news)
        self._news.clear()
        if news:
            self._remember(update, extent)
        return news

    def take_all(self, updates: Mapping[K, bytes]) -> tuple[list[bytes], set[K]]:
        """Merge updates that came in no order; returns their news, and which lack something before them.

        What cannot be merged by anybody is left out.
        """
        waiting, news = dict(updates), []
        while True:
            before = len(waiting)
            for key, update in list(waiting.items()):
                try:
                    taken = self.take(update)
                except (Invalid, TooLarge):
                    taken = []
                if taken is not None:
                    news += taken
                    del waiting[key]
            if len(waiting) in (0, before):
                return news, set(waiting)

    def _remember(self, update: bytes, extent: Extent) -> None:
        self._taken.append(update)
        self._bytes += len(update)
        self._structs += extent.structs
        self._types += extent.types
        if len(self._taken) > MAX_PIECES:
            self._tidy()

    def _restore(self) -> None:
        """Merging broke half way: begin again with what was taken before."""
        self._doc = self._begin()
        for taken in self._taken:
            self._doc.apply_update(taken)
        self._news.clear()

    def _make_room(self, size: int, extent: Extent) -> None:
        if self._fits(size, extent):
            return
        self._tidy()  # what came in pieces, or twice, is less when whole
        if not self._fits(size, extent):
            raise TooLarge(f"A draft has at most {MAX_BYTES} bytes")

    def _fits(self, size: int, extent: Extent) -> bool:
        return (
            self._bytes + size <= MAX_BYTES
            and self._structs + extent.structs <= MAX_STRUCTS
            and self._types + extent.types <= MAX_TYPES
        )

    def _tidy(self) -> None:
        whole = self.whole()
        try:
            extent = measure(whole)
        except Invalid:
            return  # made of what should not be: it stays as it came
        self._taken, self._bytes = [whole], len(whole)
        self._structs, self._types = extent.structs, extent.types

    def state(self) -> bytes:
        """What it has, as a state vector."""
        return self._doc.get_state()

    def since(self, state: bytes) -> bytes:
        """What somebody who has `state` lacks; raises Invalid for no state."""
        parse_state(state)
        return _guard(lambda: self._doc.get_update(state))

    def whole(self) -> bytes:
        """All of it, as one update."""
        return _guard(self._doc.get_update)

    def packed(self) -> bytes | None:
        """All of it, as one update that is sure to be read again; None where that cannot be made."""
        whole, other = self.whole(), Document()
        try:
            other.take(whole)
        except Invalid:
            return None
        return whole if parse_state(other.state()) == parse_state(self.state()) else None


def merge(updates: list[bytes]) -> bytes:
    """Updates that were taken, as one; raises Invalid where that cannot be made."""
    return updates[0] if len(updates) == 1 else _guard(lambda: merge_updates(*updates))


def _guard(call: Callable[[], T]) -> T:
    """What pycrdt raises as Invalid; a panic of its Rust part is a BaseException of its own."""
    try:
        return call()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:
        raise Invalid("The update cannot be merged") from error
