"""The header of a mail, or of a part of one, read from its bytes however broken it is (RFC 5322 §2.2, §4.5).

Total and bounded: any bytes give fields, and where the body begins.
"""

from __future__ import annotations

import re

from connectors.mail.defects import Defects
from connectors.mail.headers import Headers

_MAX_HEADER_BYTES = 262_144
_MAX_HEADERS = 1000
_MAX_FOLDS = 20
_MAX_FIELD_BYTES = 65_536

# A field with its folds; nothing after the value can make it go back, so it is linear.
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:[ \t]*([^\n]*(?:\n[ \t]+[^\s][^\n]*)*)\n?")
_HEADER_LINE = re.compile(rb"([!-9;-~]{1,200})[ \t]*:[ \t]*")
# Fields by which a header is known.
_KNOWN = (
    rb"(?:from|to|subject|date|received|return-path|message-id|mime-version|content-[a-z-]{1,30}|delivered-to"
    rb"|reply-to|cc|sender|x-[a-z-]{1,60})[ \t]{0,20}:"
)
_PEOPLE, _TELLING = frozenset({"from", "to"}), frozenset({"subject", "date"})
# A field that belongs to a mail's own header, with another or the header's end below it.
_OWN_FIELD = re.compile(
    rb"(?:to|cc|subject|date|message-id|mime-version|content-type)[ \t]{0,20}:[^\n]*\n"
    rb"(?:[!-9;-~]{1,60}:|[ \t\r\n])",
    re.IGNORECASE,
)
_TYPE_FIELD = re.compile(rb"(?:mime-version|content-type)[ \t]{0,20}:[^\n]*\n", re.IGNORECASE)
# What begins a part that has no boundary line above it.
_PART_HEADER = re.compile(
    rb"(?:[ \t]*\r?\n){0,20}(content-(?:type|disposition|transfer-encoding)[ \t]{0,20}:)", re.IGNORECASE
)
KNOWN_FIELD = re.compile(_KNOWN, re.IGNORECASE)
# What may stand above the first field of a mail: a mark of UTF-8, blank lines, a line that is no field.
_ABOVE = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[ \t]{0,998}\r?\n){0,50}"
    rb"(?:(?!>?From |[!-9;-~]{1,200}[ \t]{0,20}:)[^\n]{1,998}\n)??[ \t]{0,20}(?=>?From |" + _KNOWN + rb")",
    re.IGNORECASE,
)
_NAME_WITH_SPACES = re.compile(rb"(?:x|content)-[!-9;-~ ]{1,80}:", re.IGNORECASE)
_MISWRITTEN = re.compile(rb"(content-[a-z-]{2,30})[ \t]{0,5}[;=][ \t]*([^\n]*)", re.IGNORECASE)
_PARAMETER = re.compile(rb"[A-Za-z*0-9-]{1,40}=")  # one whose line lost the space before it


class HeaderReader:
    """Reads the headers of one mail; what is wrong with them goes to `defects`."""

    def __init__(self, raw: bytes, defects: Defects) -> None:
        self._raw = raw
        self._defects = defects

    def read(self, start: int, end: int) -> tuple[Headers, int]:
        """The header fields that begin at `start`, and where the body begins."""
        raw, position, headers = self._raw, self._first_line(start, end), Headers()
        limit = min(end, start + _MAX_HEADER_BYTES)
        while position < end:
            found = _FIELD.match(raw, position, end)
            if found is None:
                line_end = raw.find(b"\n", position, end)
                line_end = end if line_end < 0 else line_end + 1
                if raw[position : min(line_end, position + 2)] in (b"\n", b"\r\n", b"\r"):
                    gap = self._has_only_begun(headers, line_end, end) if start == 0 else False
                    if not gap and (headers.fields or not start or self.part_header(line_end, end) < 0):
                        return headers, line_end
                elif self._is_blank(position, line_end):
                    if not self._goes_on(line_end, end):
                        return headers, line_end
                elif not self._broken_line(headers, start, position, line_end, end):
                    return headers, position
                position = line_end
            else:
                first, last = found.span(2)
                headers.add(found[1], raw[first : min(last, first + _MAX_FIELD_BYTES)])
                position = found.end()
            if limit <= position < end or len(headers.fields) >= _MAX_HEADERS:
                if raw.startswith((b"\n", b"\r\n"), position):
                    continue
                self._defects.note("the header is too long and was cut")
                return headers, self._after_blank_line(position, end)
        return headers, end

    def part_header(self, start: int, end: int) -> int:
        """Where a part's header begins that has blank lines above it, or no boundary; else -1."""
        found = _PART_HEADER.match(self._raw, start, end)
        if found is None:
            return -1
        self._defects.note("a part does not begin at its boundary")
        return found.start(1)

    def _first_line(self, start: int, end: int) -> int:
        """Where a mail's header begins: blank lines and one that is none of it may stand above."""
        above = _ABOVE.match(self._raw, 0, end) if start == 0 else None
        if above is None:
            return start
        if above.end() > (3 if self._raw.startswith(b"\xef\xbb\xbf") else 0):
            self._defects.note("there are other lines above the header")
        return above.end()

    def _is_blank(self, position: int, line_end: int) -> bool:
        """Whether a line has nothing but white space, which is nearly the empty line below a header."""
        return line_end - position < 1000 and not self._raw[position:line_end].strip()

    def _goes_on(self, position: int, end: int) -> bool:
        """Whether a header goes on here, with a field or a fold (RFC 5322 §4.2 has blank lines in folds)."""
        folded = self._raw.startswith((b" ", b"\t"), position)
        return folded or KNOWN_FIELD.match(self._raw, position, end) is not None

    def _has_only_begun(self, headers: Headers, position: int, end: int) -> bool:
        """Whether an empty line divides what relays wrote from the mail's own header, which goes on here."""
        names = headers.names()
        below = _OWN_FIELD if names & _PEOPLE else KNOWN_FIELD
        if names & _TELLING:
            below = _TYPE_FIELD
        if "content-type" in names or below.match(self._raw, position, end) is None:
            return False
        self._defects.note("there is an empty line in the header")
        return True

    def _broken_line(self, headers: Headers, start: int, position: int, line_end: int, end: int) -> bool:
        """Read over a line that is no field; False where it shows that the body has begun."""
        raw = self._raw
        if position == start and raw.startswith((b"From ", b">From "), position):
            return True  # the separator line of an mbox file
        miswritten = _MISWRITTEN.match(raw, position, min(line_end, position + 1000))
        if miswritten is not None:
            headers.add(miswritten[1], miswritten[2])
        if miswritten is not None or _NAME_WITH_SPACES.match(raw, position):
            self._defects.note("a header line is broken")
            return True
        last = headers.fields[-1][1] if headers.fields else b""
        folded = (
            raw.startswith((b" ", b"\t"), position)
            or (last.rstrip().endswith(b";") and _PARAMETER.match(raw, position) is not None)
            or (len(last) < 2000 and last.rfind(b"<") > last.rfind(b">") and b">" in raw[position:line_end])
        )
        boundary = raw.startswith(b"--", position)  # of a multipart whose header lacks its empty line
        if headers.fields and not boundary and (folded or self._header_follows(line_end, end)):
            line = raw[position : min(line_end, position + _MAX_FIELD_BYTES)]
            if folded or headers.fields[-1][0] == "subject" or b"@" in line or b"=" in line:
                headers.extend(line)
            if not folded:
                self._defects.note("a header line is broken")
            return True
        self._defects.note("the header does not end with an empty line")
        return False

    def _header_follows(self, position: int, end: int) -> bool:
        """Whether the next line that is no fold is a header field: then what stands above was only broken."""
        for _ in range(_MAX_FOLDS):
            if not self._raw.startswith((b" ", b"\t"), position):
                break
            line_end = self._raw.find(b"\n", position, min(end, position + 1000))
            if line_end < 0:
                return False
            position = line_end + 1
        return _HEADER_LINE.match(self._raw, position, min(end, position + 300)) is not None

    def _after_blank_line(self, position: int, end: int) -> int:
        ends = [self._raw.find(mark, position, end) + len(mark) for mark in (b"\n\n", b"\n\r\n")]
        found = [at for at in ends if at > 3]
        return min(found) if found else end
