"""The tree of parts in a mail (RFC 2045, RFC 2046), cut from its bytes without copying them.

Total and bounded: any bytes give a tree of at most MAX_PARTS parts and MAX_DEPTH levels, in time that
is linear in their number. What lies beyond a bound stays inside its parent as a leaf.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from connectors.mail.headers import Headers, parameters
from connectors.mail.transfer import decoded

MAX_PARTS = 1000
MAX_DEPTH = 40
_MAX_HEADER_BYTES = 262_144
_MAX_HEADERS = 1000
_MAX_FOLDS = 20
_BEGINNING = 4000
_MAX_FIELD_BYTES = 65_536

# A field with its folds; nothing after the value can make it go back, so it is linear.
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:[ \t]*([^\n]*(?:\n[ \t]+[^\s][^\n]*)*)\n?")
_HEADER_LINE = re.compile(rb"([!-9;-~]{1,200})[ \t]*:[ \t]*")
_FILE = "application/octet-stream"
_ALONE = {"text": "text/plain", "multipart": "multipart/mixed"}  # types that lack their second half
_USUAL = frozenset({"text/plain", "text/html"})
_NESTED = ("multipart/", "message/")
_FIRST_HALVES = frozenset({"application", "audio", "image", "model", "video"})
_SHOWN_HALVES = frozenset({"plain", "html"})
# What may stand above the first field of a mail: a mark of UTF-8, blank lines, a line that is no field.
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
_KNOWN_FIELD = re.compile(_KNOWN, re.IGNORECASE)
_ABOVE = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[ \t]{0,998}\r?\n){0,50}"
    rb"(?:(?!>?From |[!-9;-~]{1,200}[ \t]{0,20}:)[^\n]{1,998}\n)??[ \t]{0,20}(?=>?From |" + _KNOWN + rb")",
    re.IGNORECASE,
)
_NAME_WITH_SPACES = re.compile(rb"(?:x|content)-[!-9;-~ ]{1,80}:", re.IGNORECASE)
_MISWRITTEN = re.compile(rb"(content-[a-z-]{2,30})[ \t]{0,5}[;=][ \t]*([^\n]*)", re.IGNORECASE)
_PARAMETER = re.compile(rb"[A-Za-z*0-9-]{1,40}=")  # one whose line lost the space before it
# What stands behind a boundary on its line; two dashes say that it is the last one.
_BEHIND_BOUNDARY = re.compile(rb"(?:(--)(?:[ \t][^\n]*)?|[ \t]*)\r?(?=\n|\Z)")
# A line of dashes and a word, and a header below it.
_BOUNDARY = re.compile(rb"(?:\A|(?<=\n))--([^\s][^\r\n]{2,68}?)[ \t]*\r?\n(?=[!-9;-~]{1,60}:|\r?\n)")

# And that line where the header below it says of itself that it belongs to a part.
_PART_BEGINS = re.compile(rb"(?<=\n)(--[^\s][^\r\n]{2,68}?)[ \t]*\r?\ncontent-[a-z-]{2,30}:", re.IGNORECASE)


@dataclass(slots=True)
class Part:
    """A node: its headers, and either its children or the span of its still encoded body."""

    headers: Headers
    type: str
    parameters: dict[str, str]
    body: memoryview
    parts: list[Part] = field(default_factory=list)

    def content(self, max_encoded_bytes: int | None = None) -> bytes:
        """The decoded bytes of a leaf, or of its beginning; damaged encodings give what can be saved."""
        encodings = self.headers.texts("content-transfer-encoding")
        return decoded(self.body[:max_encoded_bytes], " ".join(encodings))


class Tree:
    """Cuts one mail; `root` is its tree and `defects` what was wrong with it."""

    def __init__(self, raw: bytes) -> None:
        self.defects: list[str] = []
        if b"\n" not in raw and b"\r" in raw:
            raw = raw.replace(b"\r", b"\n")
            self.defects.append("lines end with a bare CR")
        if b"\r\r\n" in raw[:_BEGINNING]:
            raw = raw.replace(b"\r\r\n", b"\r\n")
            self.defects.append("lines end with a doubled CR")
        if raw.endswith(b"\0"):
            raw = raw.rstrip(b"\0")
            self.defects.append("there are NUL bytes at the end")
        self._raw = raw
        self._view = memoryview(raw)
        self._parts = 0
        self._charset = ""  # of the first text
        self._budget = 8 * len(raw) + 1_000_000  # bytes that may be searched for boundaries
        self.root = self._entity(0, len(raw), 0, "text/plain")
        self.root.headers.charset = self._charset

    def _entity(self, start: int, end: int, depth: int, default_type: str) -> Part:
        self._parts += 1
        headers, body = self._headers(start, end)
        headers.charset = self._charset
        kind, parameter = self._type(headers)
        if not kind.partition("/")[2]:
            default_type = _FILE if parameter.get("name") else default_type
            kind = _ALONE.get(kind.rstrip("/"), default_type)
            if parameter.get("boundary") or (
                depth == 0 and not headers.has("content-type") and self._holds_parts(body, end)
            ):
                kind = "multipart/mixed"
        elif (kind not in _USUAL or "boundary" in parameter) and not kind.startswith(_NESTED):
            kind = self._meant(kind, parameter.get("boundary", ""), body, end)
        self._charset = self._charset or parameter.get("charset", "")
        part = Part(headers, kind, parameter, self._view[body:end])
        if kind.startswith("multipart/"):
            self._divide(part, body, end, depth)
        return part

    def _type(self, headers: Headers) -> tuple[str, dict[str, str]]:
        """The type that a header names; of several, the first that has a boundary."""
        kind, parameter = parameters(headers.text("content-type"))
        if not parameter.get("boundary") and headers.repeats("content-type"):
            others = (parameters(value) for value in headers.texts("content-type")[1:4])
            return next((other for other in others if other[1].get("boundary")), (kind, parameter))
        return kind, parameter

    def _meant(self, kind: str, boundary: str, body: int, end: int) -> str:
        """A type, or what it says in spite of its first half: `tetx/plain`, `text/mixed; boundary=b`."""
        first, _, half = kind.partition("/")
        if boundary:
            line = b"\n--" + boundary.encode("utf-8", "surrogateescape")
            at = self._raw.find(line, max(0, body - 1), end)
            below = self._raw.find(b"\n", at + 1, end) + 1
            if at >= 0 and _KNOWN_FIELD.match(self._raw, below, end):
                return f"multipart/{half}"
        return f"text/{half}" if half in _SHOWN_HALVES and first not in _FIRST_HALVES else kind

    def _headers(self, start: int, end: int) -> tuple[Headers, int]:
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
                    if not gap and (headers.fields or not start or self._part_header(line_end, end) < 0):
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
                self._note("the header is too long and was cut")
                return headers, self._after_blank_line(position, end)
        return headers, end

    def _first_line(self, start: int, end: int) -> int:
        """Where a mail's header begins: blank lines and one that is none of it may stand above."""
        above = _ABOVE.match(self._raw, 0, end) if start == 0 else None
        if above is None:
            return start
        if above.end() > (3 if self._raw.startswith(b"\xef\xbb\xbf") else 0):
            self._note("there are other lines above the header")
        return above.end()

    def _is_blank(self, position: int, line_end: int) -> bool:
        """Whether a line has nothing but white space, which is nearly the empty line below a header."""
        return line_end - position < 1000 and not self._raw[position:line_end].strip()

    def _goes_on(self, position: int, end: int) -> bool:
        """Whether a header goes on here, with a field or a fold (RFC 5322 §4.2 has blank lines in folds)."""
        folded = self._raw.startswith((b" ", b"\t"), position)
        return folded or _KNOWN_FIELD.match(self._raw, position, end) is not None

    def _has_only_begun(self, headers: Headers, position: int, end: int) -> bool:
        """Whether an empty line divides what relays wrote from the mail's own header, which goes on here."""
        names = headers.names()
        below = _OWN_FIELD if names & _PEOPLE else _KNOWN_FIELD
        if names & _TELLING:
            below = _TYPE_FIELD
        if "content-type" in names or below.match(self._raw, position, end) is None:
            return False
        self._note("there is an empty line in the header")
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
            self._note("a header line is broken")
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
                self._note("a header line is broken")
            return True
        self._note("the header does not end with an empty line")
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

    def _divide(self, part: Part, start: int, end: int, depth: int) -> None:
        """Cut a multipart at its boundary lines; without any, it stays a leaf of text."""
        boundary = part.parameters.get("boundary", "").rstrip().encode("utf-8", "surrogateescape")
        if not boundary:
            self._note("a multipart names no boundary")
            boundary = self._guess_boundary(start, end)
        self._budget -= end - start
        if depth >= MAX_DEPTH or self._parts >= MAX_PARTS or self._budget < 0:
            self._note("there are too many parts; the rest was left as it is")
            part.type = _FILE
            return
        spans = self._spans(boundary, start, end) if boundary else []
        if not spans and part.parameters.get("boundary"):
            boundary = self._guess_boundary(start, end)
            spans = self._spans(boundary, start, end) if boundary else []
            if spans:
                self._note("a multipart names another boundary than that of its parts")
        if not spans:
            self._note("a multipart has no parts")
            part.type = "text/plain"
            return
        child_type = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
        for left, right in spans:
            if self._parts >= MAX_PARTS:
                self._note("there are too many parts; the rest was left out")
                return
            part.parts.append(self._entity(left, right, depth + 1, child_type))

    def _spans(self, boundary: bytes, start: int, end: int) -> list[tuple[int, int]]:
        """Where the parts lie between the boundary lines (RFC 2046 §5.1.1)."""
        raw, spans, opened, inside = self._raw, [], -1, 0
        for at, behind in self._boundary_lines(boundary, max(0, start - 1), end):
            if inside:
                inside += -1 if behind[1] else self._repeats(boundary, behind.end(), end)
                continue
            opened = self._part_header(start, at) if opened < 0 else opened
            if opened >= 0:
                right = at - 1 if at > opened and raw[at - 1 : at] == b"\r" else at
                spans.append((opened, max(opened, right)))
            opened = min(behind.end() + 1, end)
            if behind[1]:
                below = self._part_header(opened, end)
                return [*spans, (below, end)] if below >= 0 else spans
            inside = self._repeats(boundary, opened, end)
            if len(spans) >= MAX_PARTS:
                break
        if 0 <= opened < end:
            self._note("a multipart does not end with its boundary")
            closed = -1 if inside else raw.rfind(b"--" + boundary + b"--", opened, end)  # a line end is lost
            spans.append((opened, end if closed < 0 else closed))
        return spans

    def _boundary_lines(self, boundary: bytes, start: int, end: int) -> Iterator[tuple[int, re.Match[bytes]]]:
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

    def _part_header(self, start: int, end: int) -> int:
        """Where a part's header begins that has blank lines above it, or no boundary; else -1."""
        found = _PART_HEADER.match(self._raw, start, end)
        if found is None:
            return -1
        self._note("a part does not begin at its boundary")
        return found.start(1)

    def _repeats(self, boundary: bytes, opened: int, end: int) -> bool:
        """Whether the part that begins here is a multipart with the very boundary of the one around it."""
        raw = self._raw
        named = raw.find(b"oundary=", opened, min(end, opened + 500))
        if named < 0 or b"\n\n" in raw[opened:named] or b"\n\r\n" in raw[opened:named]:
            return False
        value = raw[named + 8 : named + len(boundary) + 10].lstrip(b'"')
        return value.startswith(boundary) and value[len(boundary) : len(boundary) + 1] in b'"; \t\r\n'

    def _holds_parts(self, start: int, end: int) -> bool:
        """Whether parts begin here although no field says that the mail has any."""
        found = _PART_BEGINS.search(self._raw, max(0, start - 1), min(end, start + 1000))
        return found is not None and self._raw.find(found[1], found.end(), end) >= 0

    def _guess_boundary(self, start: int, end: int) -> bytes:
        """The first line that looks like a boundary, for a multipart that names none or another one."""
        found = _BOUNDARY.search(self._raw, start, min(end, start + 10_000))
        return found[1] if found else b""

    def _note(self, defect: str) -> None:
        if defect not in self.defects:
            self.defects.append(defect)
