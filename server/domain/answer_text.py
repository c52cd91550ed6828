"""What of an agent's mail is theirs to say: our letter's mark, and what must never reach a customer. Pure.

Mail programs quote a letter in a hundred ways. Its first line says where to write, so that what stands below
can be told apart even where quoting is not recognised; a reply address that is left over is taken out.
"""

from __future__ import annotations

import re

REPLY_MARK = "##- Write your answer above this line -##"
_MARK = "##- Write your answer"
_TAG = re.compile(r"\+[a-z2-7]{40}(?=@)", re.IGNORECASE)
_TAG_BYTES = re.compile(rb"\+[a-z2-7]{40}@", re.IGNORECASE)


def answer_text(text: str) -> str:
    """What stands above the mark, however it is quoted, without reply addresses of agents."""
    at = text.find(_MARK)
    above = text if at < 0 else text[: text.rfind("\n", 0, at) + 1]
    return without_agent_tokens(above).strip()


def without_agent_tokens(text: str) -> str:
    """A text in which nobody can read an agent's reply address, whoever signed it."""
    return _TAG.sub("", text)


def has_agent_token(data: bytes) -> bool:
    """Whether a file shows an agent's reply address: a letter of ours that was sent along."""
    return _TAG_BYTES.search(data) is not None
