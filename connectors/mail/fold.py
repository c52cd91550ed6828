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
_SIGNATURES = re.compile(
    r"\b(?:x_)?(?:gmail_signature|moz-signature|protonmail_signature_block|ms-outlook-mobile-signature"
    r"|AppleMailSignature|Signature|lineBreakAtBeginningOfSignature)\b"
)
_MARKED = re.compile(r' (?:class|id)="(?:quote|signature|history)"')
_TOKEN = re.compile(r"<(?P<end>/?)(?P<tag>[a-z0-9]+)(?P<attributes>[^<>]*)>|(?P<text>[^<]+)")
_TAG = re.compile(r"<(/?)([a-z0-9]+)[^<>]*>")
_CLOSING = re.compile(r"\s*</[a-z0-9]+>")
_SAYS_SOMETHING = re.compile(r"(?:\A|>)(?:\s|&nbsp;)*(?!&nbsp;)[^<\s]|<img")
_VOID = frozenset({"area", "br", "col", "hr", "img", "wbr"})
_BLOCKS = frozenset({
    "address", "article", "blockquote", "br", "center", "dd", "div", "dl", "dt", "figure", "footer", "h1",
    "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul",
})  # fmt: skip
_SEPARATING = re.compile(r"border:none;\s?border-top:\s?solid #(?:e1e1e1|b5c4df)", re.IGNORECASE)  # Outlook
_INDENTED = re.compile(r"border:\s?(?:none|0)|border-(?:left|width):\s?(?:none|0)")
_RULE = "_" * 32


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
    return "signature" if known and _SIGNATURES.search(value) else None


def fold(html: str) -> str:
    """The HTML with its quotes and signatures behind folds; as it is where nothing else would be seen."""
    lines = list(_Reader(html).lines())
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
        self._words: list[str] = []
        self._start = 0
        self._open: list[str] = []  # "quote", "signature" or nothing, for each open element
        self._history = False

    def lines(self) -> Iterator[_Line]:
        for token in _TOKEN.finditer(self._html):
            tag = token["tag"]
            if tag is None:
                if token["text"].strip():
                    self._words.append(token["text"])
                continue
            if self._words and (tag in _BLOCKS or self._marks(token)):
                yield self._line(token.end() if token["end"] or tag == "br" else token.start())
            elif tag == "br":
                yield self._line(token.end())
            elif token["end"] and not self._words:
                self._start = token.end()
            if tag == "hr":
                yield _Line(self._start, token.end(), _RULE, None)
                self._start = token.end()
            self._enter_or_leave(token, tag)
        if self._words:
            yield self._line(len(self._html))

    def _line(self, end: int) -> _Line:
        words = "".join(self._words)
        text = " ".join((html_entities.unescape(words) if "&" in words else words).split())
        known: Kind | None = "quote" if self._history else "signature" if "signature" in self._open else None
        shown = "> " * self._open.count("quote") + text if text else ""
        line = _Line(self._start, end, shown, known)
        self._words, self._start = [], end
        return line

    def _enter_or_leave(self, token: re.Match[str], tag: str) -> None:
        if tag in _VOID:
            return
        if not token["end"]:
            mark = self._marks(token)
            self._history = self._history or mark == "history"
            self._open.append(mark)
        elif self._open:
            self._open.pop()

    def _marks(self, token: re.Match[str]) -> str:
        """What an element says: that it is quoted, a signature, or where history begins."""
        attributes = token["attributes"]
        if token["tag"] == "blockquote":
            cited = "cite" in attributes or not _INDENTED.search(attributes)
            return "quote" if cited else ""
        if not attributes:
            return ""
        found = _MARKED.search(attributes)
        return found[0].split('"')[1] if found else "history" if _SEPARATING.search(attributes) else ""
