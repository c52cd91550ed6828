"""Folds over the quoted history and the signature in HTML that was made harmless. Nothing is taken out.

The sanitiser has balanced the tags, escaped what stands in attributes, and left of classes and ids only
the words `quote`, `signature` and `history`, which are taken away here.
"""

from __future__ import annotations

import re

MARKS = (
    "quote",
    "ignature",
    "divRplyFwdMsg",
    "appendonsend",
    "moz-",
    "OutlookMessageHeader",
    "reference-message",
)
_QUOTES = re.compile(
    r"\b(?:x_)?(?:yahoo_quoted|protonmail_quote|tutanota_quote|front-blockquote|zmail_extra)\b"
)
_HISTORY = re.compile(
    r"\b(?:x_)?(?:divRplyFwdMsg|appendonsend|OutlookMessageHeader|mail-editor-reference-message-container"
    r"|ms-outlook-mobile-reference-message)\b"
)
_SIGNATURES = re.compile(
    r"\b(?:x_)?(?:gmail_signature|moz-signature|protonmail_signature_block|ms-outlook-mobile-signature"
    r"|AppleMailSignature|Signature|lineBreakAtBeginningOfSignature)\b"
)
_BEGIN = re.compile(
    r"<(?:(?P<quote>blockquote)\b[^<>]*"
    r'|(?:div|span|section|pre)[^<>]* (?:class|id)="(?P<mark>quote|signature|history)"[^<>]*'
    r'|div style="border:none;\s?border-top:\s?solid #(?:e1e1e1|b5c4df)[^"<>]*")>',
    re.IGNORECASE,
)
_MARKED = re.compile(r' (?:class|id)="(?:quote|signature|history)"')
_TAG = re.compile(r"<(/?)([a-z0-9]+)[^<>]*>")
_WRAPPERS = re.compile(r"<div[^<>]*>\s*\Z")
_VOID = frozenset({"area", "br", "col", "hr", "img", "wbr"})
_MAX_WRAPPERS = 5
_INDENTED = re.compile(r"border:\s?(?:none|0)|border-(?:left|width):\s?(?:none|0)")


def mark_of(name: str, value: str) -> str | None:
    """What a class or an id says about its element: one of our three words, or nothing."""
    if _HISTORY.search(value):
        return "history"
    if _QUOTES.search(value):
        return "quote"
    return "signature" if _SIGNATURES.search(value) and (name == "class" or "Sign" in value) else None


def fold(html: str) -> str:
    """The HTML with its outermost quotes and signatures behind folds."""
    out: list[str] = []
    position = 0
    while (found := _BEGIN.search(html, position)) is not None:
        start, end, kind = _span(html, found, position)
        if end <= start:  # it is an indentation, or there is nothing in front of it
            out.append(_unmarked(html[position : found.end()]))
            position = found.end()
            continue
        folded = _unmarked(html[start:end])
        out.append(_unmarked(html[position:start]))
        out.append(f'<details class="{kind}"><summary>…</summary>{folded}</details>')
        position = end
    out.append(_unmarked(html[position:]))
    return "".join(out)


def _unmarked(html: str) -> str:
    return _MARKED.sub("", html)


def _span(html: str, found: re.Match[str], position: int) -> tuple[int, int, str]:
    """Where what is folded begins and ends, and what it is."""
    start = found.start()
    if found["quote"]:
        cited = "cite" in found[0] or not _INDENTED.search(found[0])
        return start, _end(html, start) if cited else start, "quote"
    if found["mark"] in ("quote", "signature"):
        return start, _end(html, start), found["mark"]
    for _ in range(_MAX_WRAPPERS):
        wrapper = _WRAPPERS.search(html, max(position, start - 500), start)
        if wrapper is None:
            break
        start = wrapper.start()
    if not _says_something(html[:start]):
        return start, start, "quote"
    return start, _end_of_parent(html, start), "quote"


def _says_something(html: str) -> bool:
    return bool(re.sub(r"<[^<>]*>|&nbsp;|\s", "", html[:20_000]))


def _end(html: str, start: int) -> int:
    """Behind the element that begins at `start`."""
    depth = 0
    for tag in _TAG.finditer(html, start):
        if tag[2] not in _VOID:
            depth += -1 if tag[1] else 1
            if depth == 0:
                return tag.end()
    return len(html)


def _end_of_parent(html: str, start: int) -> int:
    """Where the element ends in which `start` is."""
    depth = 0
    for tag in _TAG.finditer(html, start):
        if tag[2] not in _VOID:
            depth += -1 if tag[1] else 1
            if depth < 0:
                return tag.start()
    return len(html)
