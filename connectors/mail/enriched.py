"""Enriched text (RFC 1896) and its forerunner, rich text (RFC 1341 §7.1.3), to plain text. Linear, total."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"<<|<(?P<end>/?)(?P<name>[A-Za-z0-9-]{1,60})>|\n+")
_HIDDEN = frozenset({"param", "comment"})
_SAID = {"nl": "\n", "np": "\n\n", "lt": "<"}
_BLOCKS = frozenset({"paragraph", "center", "flushleft", "flushright", "excerpt", "indent"})


def enriched_to_text(text: str, *, older: bool = False) -> str:
    """The words without the marks; `older` for rich text, where no line end counts."""
    text = text.rstrip("\n")
    out: list[str] = []
    hidden = unfilled = last = 0
    for token in _TOKEN.finditer(text):
        if not hidden:
            out.append(text[last : token.start()])
        last = token.end()
        name = (token["name"] or "").lower()
        step = -1 if token["end"] else 1
        if name in _HIDDEN:
            hidden = max(hidden + step, 0)
        elif name == "nofill":
            unfilled = max(unfilled + step, 0)
        elif not hidden:
            out.append(_said(token[0], name, ending=step < 0, filled=not (unfilled or older), older=older))
    if not hidden:
        out.append(text[last:])
    return "".join(out)


def _said(mark: str, name: str, *, ending: bool, filled: bool, older: bool) -> str:
    """What a mark says, or a run of line ends: each of them but the first (RFC 1896 §2)."""
    if name:
        return _SAID.get(name, "\n" if name in _BLOCKS and ending else "")
    if mark == "<<":
        return "<"
    if filled:
        return " " if len(mark) == 1 else mark[1:]
    return " " if older else mark
