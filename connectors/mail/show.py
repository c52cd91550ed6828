"""How a mail is shown on its ticket: sanitised HTML with history and signature folded, never cut out.

Inline images point to the attachment that holds them (`data-attachment-id`); the reader fetches it.
"""

from __future__ import annotations

import html as html_entities
import re
from collections.abc import Mapping
from urllib.parse import unquote
from uuid import UUID

from connectors.mail.fold import MARKS, fold
from connectors.mail.quote import split
from connectors.mail.sanitise import sanitise
from server.domain.inbound import InboundMessage

_INLINE = re.compile(r'<img((?: [a-z-]+="[^"]*")*?) src="cid:([^"]*)"')


def shown_html(message: InboundMessage, images: Mapping[str, UUID]) -> str | None:
    """The mail's HTML made harmless; for a plain mail None, or its text with folds when it has history."""
    if message.html is not None:
        html = message.html
        marks = any(mark in html for mark in MARKS)
        shown = _place_images(sanitise(html, marks=marks), images)
        return (
            fold(shown, message.reply_text) if marks or message.reply_text != message.text.strip() else shown
        )
    if message.reply_text == message.text.strip():
        return None
    return "".join(_segment(segment.kind, segment.text) for segment in split(message.text))


def _segment(kind: str, text: str) -> str:
    shown = f'<div style="white-space:pre-wrap">{html_entities.escape(text.strip(chr(10)))}</div>'
    if kind == "reply" or not text.strip():
        return shown if text.strip() else ""
    return f'<details class="{kind}"><summary>…</summary>{shown}</details>'


def _place_images(html: str, images: Mapping[str, UUID]) -> str:
    if "cid:" not in html:
        return html

    def place(found: re.Match[str]) -> str:
        content_id = html_entities.unescape(found[2]).strip("<>")
        held = images.get(content_id) or images.get(unquote(content_id))  # RFC 2392 §2
        return f"<img{found[1]}" + (f' data-attachment-id="{held}"' if held else "")

    return _INLINE.sub(place, html)
