"""Where the parts of a multipart lie between its boundary lines (RFC 2046 §5.1.1), named or guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connectors.mail.defects import Defects
from connectors.mail.header_reader import HeaderReader

MAX_PARTS = 1000

# What stands behind a boundary on its line; two dashes say that it is the last one.
_BEHIND_BOUNDARY = re.compile(rb"(?:(--)(?:[ \t][^\n]*)?|[ \t]*)\r?(?=\n|\Z)")
# A line of dashes and a word, and a header below it.
_BOUNDARY = re.compile(rb"(?:\A|(?<=\n))--([^\s][^\r\n]{2,68}?)[ \t]*\r?\n(?=[!-9;-~]{1,60}:|\r?\n)")
# And that line where the header below it says of itself that it belongs to a part.
_PART_BEGINS = re.compile(rb"(?<=\n)(--[^\s][^\r\n]{2,68}?)[ \t]*\r?\ncontent-[a-z-]{2,30}:", re.IGNORECASE)


class Boundaries:
    """Finds the boundaries of one mail; what is wrong with them goes to `defects`."""

    def __init__(self, raw: bytes, header: HeaderReader, defects: Defects) -> None:
        self._raw = raw
        self._header = header
        self._defects = defects

    def spans(self, boundary: bytes, start: int, end: int) -> list[tuple[int, int]]:
        """Where the parts lie between the boundary lines (RFC 2046 §5.1.1)."""
        raw, spans, opened, inside = self._raw, [], -1, 0
        for at, behind in self._lines(boundary, max(0, start - 1), end):
            if inside:
                inside += -1 if behind[1] else self._repeats(boundary, behind.end(), end)
                continue
            opened = self._header.part_header(start, at) if opened < 0 else opened
            if opened >= 0:
                right = at - 1 if at > opened and raw[at - 1 : at] == b"\r" else at
                spans.append((opened, max(opened, right)))
            opened = min(behind.end() + 1, end)
            if behind[1]:
                below = self._header.part_header(opened, end)
                return [*spans, (below, end)] if below >= 0 else spans
            inside = self._repeats(boundary, opened, end)
            if len(spans) >= MAX_PARTS:
                break
        if 0 <= opened < end:
            self._defects.note("a multipart does not end with its boundary")
            closed = -1 if inside else raw.rfind(b"--" + boundary + b"--", opened, end)  # a line end is lost
            spans.append((opened, end if closed < 0 else closed))
        return spans

    def _lines(self, boundary: bytes, start: int, end: int) -> Iterator[tuple[int, re.Match[bytes]]]:
        """Where a boundary's lines begin, with their line end above, and what stands behind it in each.

        Each mail has a boundary of its own: an expression of it would be used once, and to compile one takes
        as long as to read a small mail.
        """
        line = b"\n--" + boundary
        at = self._raw.find(line, start, end)
        while at >= 0:
            behind = _BEHIND_BOUNDARY.match(self._raw, at + len(line), end)
            if behind is not None:
                yield at, behind
            at = self._raw.find(line, at + 1 if behind is None else behind.end(), end)

    def _repeats(self, boundary: bytes, opened: int, end: int) -> bool:
        """Whether the part that begins here is a multipart with the very boundary of the one around it."""
        raw = self._raw
        named = raw.find(b"oundary=", opened, min(end, opened + 500))
        if named < 0 or b"\n\n" in raw[opened:named] or b"\n\r\n" in raw[opened:named]:
            return False
        value = raw[named + 8 : named + len(boundary) + 10].lstrip(b'"')
        return value.startswith(boundary) and value[len(boundary) : len(boundary) + 1] in b'"; \t\r\n'

    def stand_in(self, start: int, end: int) -> bool:
        """Whether parts begin here although no field says that the mail has any."""
        found = _PART_BEGINS.search(self._raw, max(0, start - 1), min(end, start + 1000))
        return found is not None and self._raw.find(found[1], found.end(), end) >= 0

    def guess(self, start: int, end: int) -> bytes:
        """The first line that looks like a boundary, for a multipart that names none or another one."""
        found = _BOUNDARY.search(self._raw, start, min(end, start + 10_000))
        return found[1] if found else b""
