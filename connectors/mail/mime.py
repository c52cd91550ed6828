"""The tree of parts in a mail (RFC 2045, RFC 2046), cut from its bytes without copying them.

Total and bounded: any bytes give a tree of at most MAX_PARTS parts and MAX_DEPTH levels, in time that
is linear in their number. What lies beyond a bound stays inside its parent as a leaf.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from connectors.mail.boundaries import MAX_PARTS, Boundaries
from connectors.mail.defects import Defects
from connectors.mail.header_reader import KNOWN_FIELD, HeaderReader
from connectors.mail.headers import Headers, parameters
from connectors.mail.transfer import decoded

MAX_DEPTH = 40
_BEGINNING = 4000

_FILE = "application/octet-stream"
_ALONE = {"text": "text/plain", "multipart": "multipart/mixed"}  # types that lack their second half
_USUAL = frozenset({"text/plain", "text/html"})
_NESTED = ("multipart/", "message/")
_FIRST_HALVES = frozenset({"application", "audio", "image", "model", "video"})
_SHOWN_HALVES = frozenset({"plain", "html"})


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
        self.defects = Defects()
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
        self._header = HeaderReader(raw, self.defects)
        self._boundaries = Boundaries(raw, self._header, self.defects)
        self._view = memoryview(raw)
        self._parts = 0
        self._charset = ""  # of the first text
        self._budget = 8 * len(raw) + 1_000_000  # bytes that may be searched for boundaries
        self.root = self._entity(0, len(raw), 0, "text/plain")
        self.root.headers.charset = self._charset

    def _entity(self, start: int, end: int, depth: int, default_type: str) -> Part:
        self._parts += 1
        headers, body = self._header.read(start, end)
        headers.charset = self._charset
        kind, parameter = self._type(headers)
        if not kind.partition("/")[2]:
            default_type = _FILE if parameter.get("name") else default_type
            kind = _ALONE.get(kind.rstrip("/"), default_type)
            if parameter.get("boundary") or (
                depth == 0 and not headers.has("content-type") and self._boundaries.stand_in(body, end)
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
            if at >= 0 and KNOWN_FIELD.match(self._raw, below, end):
                return f"multipart/{half}"
        return f"text/{half}" if half in _SHOWN_HALVES and first not in _FIRST_HALVES else kind

    def _divide(self, part: Part, start: int, end: int, depth: int) -> None:
        """Cut a multipart at its boundary lines; without any, it stays a leaf of text."""
        boundary = part.parameters.get("boundary", "").rstrip().encode("utf-8", "surrogateescape")
        if not boundary:
            self.defects.note("a multipart names no boundary")
            boundary = self._boundaries.guess(start, end)
        self._budget -= end - start
        if depth >= MAX_DEPTH or self._parts >= MAX_PARTS or self._budget < 0:
            self.defects.note("there are too many parts; the rest was left as it is")
            part.type = _FILE
            return
        spans = self._boundaries.spans(boundary, start, end) if boundary else []
        if not spans and part.parameters.get("boundary"):
            boundary = self._boundaries.guess(start, end)
            spans = self._boundaries.spans(boundary, start, end) if boundary else []
            if spans:
                self.defects.note("a multipart names another boundary than that of its parts")
        if not spans:
            self.defects.note("a multipart has no parts")
            part.type = "text/plain"
            return
        child_type = "message/rfc822" if part.type == "multipart/digest" else "text/plain"
        for left, right in spans:
            if self._parts >= MAX_PARTS:
                self.defects.note("there are too many parts; the rest was left out")
                return
            part.parts.append(self._entity(left, right, depth + 1, child_type))
