"""The signature below a rule that somebody drew (`_____`, `-----`) instead of the two dashes that say so.

People draw rules between thoughts as well: only a few short lines that begin with a name, and hold how to
reach somebody or nothing else, end the text or stand above a quote are a signature.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from connectors.mail.device import is_device_line

_AHEAD = 14  # lines below the rule
_MOST = 8  # of them with words
_LONGEST = 70  # characters of one
_RULE = re.compile(r"[ \t]*[-_=—–*]{3,}[ \t]*$")
_REACHED = re.compile(r"\S@\S{1,100}\.\w|https?://|\bwww\.|(?:\+|\b0|\()\d[\d ()./-]{6,20}")
_SENTENCE_ENDS = frozenset(".!?:;,…。")


def is_rule(line: str) -> bool:
    return _RULE.match(line) is not None


def lines_below_rule(
    lines: list[str], quoted: list[bool], index: int, begins: Callable[[int, str], int]
) -> int:
    """How many lines, the rule included, are a signature; 0 when none or when in doubt."""
    above = next((line for line in lines[max(0, index - 3) : index][::-1] if line), "")
    if not above or above.endswith((":", "：")):
        return 0
    end = index + 1
    said: list[str] = []
    while end < len(lines) and not quoted[end] and not begins(end, lines[end]):
        if end - index > _AHEAD:
            return 0
        if lines[end] and not is_rule(lines[end]):
            said.append(lines[end].strip())
        end += 1
    return end - index if _is_signature(said) else 0


def _is_signature(said: list[str]) -> bool:
    if not 0 < len(said) <= _MOST or any(len(line) > _LONGEST or line[-1] in _SENTENCE_ENDS for line in said):
        return False
    words = said[0].split()
    if not 2 <= len(words) <= 5 or not all(word[0].isupper() for word in words):
        return False
    reached = any(_REACHED.search(line) or is_device_line(line) for line in said)
    return reached or len(said) == 1
