"""Folds over the quoted history and the signature in HTML that was made harmless. Nothing is taken out.

The HTML is read as the lines that a person sees, and the same judgement decides on them as on a plain text
(`quote`): so both are folded alike. The sanitiser has balanced the tags, escaped what stands in attributes,
and left of classes and ids only the words `quote`, `signature` and `history`, which are taken away here.
"""

from __future__ import annotations

import html as html_entities
import re
from collections.abc import Iterator

import msgspec

from connectors.mail.quote import Kind, line_kinds
from connectors.mail.text import SIGNATURES

MARKS = (
    "quote",
    "border-top",
    "ignature",
    "divRplyFwdMsg",
    "appendonsend",
    "moz-",
    "OutlookMessageHeader",
    "reference-message",
)
_QUOTES = re.compile(
    r"(?:\b(?:x_)?|yahoo)(?:yahoo_quoted|protonmail_quote|tutanota_quote|front-blockquote|zmail_extra)\b"
)
_HISTORY = re.compile(
    r"\b(?:x_)?(?:divRplyFwdMsg|appendonsend|OutlookMessageHeader|mail-editor-reference-message-container"
    r"|ms-outlook-mobile-reference-message)\b"
)
_MARKED = re.compile(r' (?:class|id)="(?:quote|signature|history)"')
_TAG = re.compile(r"<(/?)([a-z0-9]+)[^<>]*>")
_CLOSING = re.compile(r"\s*</[a-z0-9]+>")
_SAYS_SOMETHING = re.compile(r"(?:\A|>)(?:\s|&nbsp;)*(?!&nbsp;)[^<\s]|<img")
_VOID = frozenset({"area", "br", "col", "hr", "img", "wbr"})
# The elements that begin a line, and end it.
_BLOCK = re.compile(
    r"<(/?)(p|br|div|t(?:able|r)|[uo]l|li|blockquote|h[1-6r]|d[dlt]|pre|address|article|center|figure|footer"
    r"|header|section)((?: [^<>]*)?)>"
)
_INLINE = re.compile(r"<[^<>]*>")
_SEPARATING = re.compile(
    r"border:\s?none;\s?border-top:\s?solid #(?:e1e1e1|b5c4df)", re.IGNORECASE
)  # Outlook
_INDENTED = re.compile(r"border:\s?(?:none|0)|border-(?:left|width):\s?(?:none|0)")
_BEGINNINGS = ("<blockquote", '="quote"', '="history"', '="signature"', "border-top:")
_ENOUGH, _NEAR = 24, 1_000  # characters
_RULE = "_" * 32
_QUOTED = "> …"


class _Line(msgspec.Struct):
    """What stands on one line, and where its HTML begins and ends."""

    start: int
    end: int
    text: str
    known: Kind | None  # what the mail program says it is


def mark_of(name: str, value: str) -> str | None:
    """What a class or an id says about its element: one of our three words, or nothing."""
    if _HISTORY.search(value):
        return "history"
    if _QUOTES.search(value):
        return "quote"
    known = name == "class" or "Sign" in value or "ms-outlook" in value
    return "signature" if known and SIGNATURES.search(value) else None


def fold(html: str, reply: str = "") -> str:
    """The HTML with its quotes and signatures behind folds; as it is where nothing else would be seen.

    Where `reply`, what was written anew in the mail's text, ends just above the first mark of a mail program,
    nothing needs to be looked for above that.
    """
    lines = _Reader(html).lines(_first_line(html, reply))
    if not lines:
        return _unmarked(html)
    kinds = [
        line.known or kind
        for line, kind in zip(lines, line_kinds([f"{line.text}\n" for line in lines]), strict=True)
    ]
    if not any(kind == "reply" and line.text for line, kind in zip(lines, kinds, strict=True)):
        return _unmarked(html)
    out: list[str] = []
    position = 0
    for kind, first, last in _runs(lines, kinds):
        for start, end in _balanced(html, lines[first].start, lines[last].end):
            if end > start >= position and _SAYS_SOMETHING.search(html, max(start - 1, 0), end):
                opening = f'<details class="{kind}"><summary>…</summary>'
                out += (_unmarked(html[position:start]), opening, _unmarked(html[start:end]), "</details>")
                position = end
    out.append(_unmarked(html[position:]))
    return "".join(out)


def _first_line(html: str, reply: str) -> int:
    """The place from which on the lines have to be read."""
    end = html_entities.escape(reply[-_ENOUGH:].rpartition("\n")[2], quote=False)
    marks = [at for mark in _BEGINNINGS if (at := html.find(mark)) >= 0]
    if not marks or len(end) < _ENOUGH // 2:
        return 0
    near = max(0, min(marks) - _NEAR)
    return max(0, html.rfind("\n", 0, near)) if html.find(end, near, min(marks)) >= 0 else 0


def _unmarked(html: str) -> str:
    return _MARKED.sub("", html)


def _runs(lines: list[_Line], kinds: list[Kind]) -> Iterator[tuple[Kind, int, int]]:
    """The runs of lines that are folded: their kind, the first and the last; blank lines part no run."""
    first = last = -1
    for index, kind in enumerate(kinds):
        if kind == "reply" and not lines[index].text:
            continue
        if first >= 0 and kind != kinds[first]:
            yield kinds[first], first, last
            first = -1
        if kind != "reply":
            first = index if first < 0 else first
            last = index
    if first >= 0:
        yield kinds[first], first, last


def _balanced(html: str, start: int, end: int) -> list[tuple[int, int]]:
    """The stretches between two places that open and close the same elements."""
    pieces: list[tuple[int, int]] = []
    opened: list[tuple[int, int]] = []
    for tag in _TAG.finditer(html, start, end):
        if tag[2] in _VOID:
            continue
        if not tag[1]:
            opened.append(tag.span())
        elif opened:
            opened.pop()
        else:
            pieces.append((start, tag.start()))
            start = tag.end()
    while opened and (closing := _CLOSING.match(html, end)) is not None:
        opened.pop()
        end = closing.end()
    for first, after in opened:  # they end behind what is folded
        pieces.append((start, first))
        start = after
    return [*pieces, (start, end)]


class _Reader:
    """Reads HTML as lines. A line begins with the tags that open before it and ends with those that close."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._open: list[str] = []  # "quote", "signature" or nothing, for each open element
        self._history = False
        self._quoted = False
        self._known: Kind | None = None

    def lines(self, begin: int = 0) -> list[_Line]:
        html, lines = self._html, list[_Line]()
        start = position = begin
        for token in _BLOCK.finditer(html, begin):
            at, after = token.span()
            closing, tag, attributes = token.groups()
            text = self._text(html[position:at]) if at > position else ""
            position = after
            if text or tag == "br":
                end = after if closing or tag == "br" else at
                if text == _QUOTED and lines and lines[-1].text == _QUOTED:
                    lines[-1].end = end  # one line stands for all of a quote
                elif text or not self._quoted:
                    lines.append(_Line(start, end, text, self._known))
                start = end
            elif closing:
                start = after
            if tag == "hr":
                lines.append(_Line(start, after, _RULE, None))
                start = after
            elif closing:
                self._leave()
            elif tag != "br":
                self._enter(tag, attributes)
        if text := self._text(html[position:]):
            lines.append(_Line(start, len(html), text, self._known))
        return lines

    def _text(self, html: str) -> str:
        """What is written between two blocks, in one line; of a quote only that there is something."""
        if html.isspace():
            return ""
        if self._quoted:
            return _QUOTED
        if "<" in html:
            html = _INLINE.sub("", html)
        return " ".join((html_entities.unescape(html) if "&" in html else html).split())

    def _leave(self) -> None:
        if self._open and self._open.pop():
            self._note()

    def _enter(self, tag: str, attributes: str) -> None:
        """Keep what an element says: that it is quoted, a signature, or where history begins."""
        mark = ""
        if tag == "blockquote":
            mark = "quote" if "cite" in attributes or not _INDENTED.search(attributes) else ""
        elif attributes:
            found = _MARKED.search(attributes)
            mark = found[0].split('"')[1] if found else ""
            self._history = self._history or mark == "history" or _SEPARATING.search(attributes) is not None
        self._open.append(mark)
        if mark or self._history:
            self._note()

    def _note(self) -> None:
        self._quoted = "quote" in self._open
        signature: Kind | None = "signature" if "signature" in self._open else None
        self._known = "quote" if self._history else signature
