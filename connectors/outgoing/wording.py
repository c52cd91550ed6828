"""The words of a mail: an inbox's template and signature filled in, and what was said before, quoted. Pure.

A template knows a closed list of names and nothing else: `{{7*7}}`, a filter or an attribute stays as it is
written, and so does what a value contains, since each text is filled once (security row X6). With nothing to
evaluate there is no template engine to escape from.
"""

from __future__ import annotations

import html as html_entities
import re
from collections.abc import Mapping, Sequence
from datetime import UTC

from connectors.mail.compose import as_html
from server.store.outgoing import Told

_VARIABLE = re.compile(r"\{\{[ \t]{0,3}([a-z_]{1,30})[ \t]{0,3}\}\}")
_REPLY = re.compile(r"\{\{[ \t]{0,3}reply[ \t]{0,3}\}\}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# What mail programs make links of, in plain text as well: a scheme, and a dot between words.
_LINKS = re.compile(r"://|(?<=\w)[.\u3002\uff0e](?=[^\W\d_]{2})")
_MAX_NAME = 120
_MAX_QUOTED = 20_000
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_QUOTE_STYLE = "margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex"


def one_line(name: str) -> str:
    """A name as it may stand in a sentence: no line ends, not for ever."""
    return _CONTROLS.sub(" ", name).strip()[:_MAX_NAME]


def no_link(name: str) -> str:
    """A name that a customer has chosen, in one line, of which no mail program makes a link (row X4)."""
    return _LINKS.sub("_", one_line(name))


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with each known `{{ name }}` replaced by its value, once; all else stays literally."""
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)


def around(template: str) -> tuple[str, str]:
    """What a template has before and after `{{reply}}`; one without it stands before."""
    parts = _REPLY.split(template, maxsplit=1)
    return parts[0].rstrip("\n"), parts[1].lstrip("\n") if len(parts) > 1 else ""


def text_of(reply: str, template: str, signature: str, values: Mapping[str, str]) -> str:
    """The plain text: template around reply, then the signature behind its separator (RFC 3676 §4.3)."""
    before, after = (fill(part, values) for part in around(template))
    parts = [part for part in (before, reply, after) if part]
    signed = fill(signature.strip(), values)
    return "\n\n".join([*parts, f"-- \n{signed}"] if signed else parts)


def html_of(reply_html: str, template: str, signature: str, values: Mapping[str, str]) -> str:
    """The same as HTML. Values come in after links were made, so that a name cannot be one (row X4)."""
    safe = {name: html_entities.escape(value) for name, value in values.items()}
    before, after = (fill(as_html(part), safe) if part else "" for part in around(template))
    parts = [part for part in (before, reply_html, after) if part]
    if signature.strip():
        parts.append(fill(as_html(f"-- \n{signature.strip()}"), safe))
    return "<br>".join(parts)


def quoted_text(told: Sequence[Told]) -> str:
    """What was said before, newest first, each inside the one that came after it."""
    inner = ""
    for said in reversed(_bounded(told)):
        body = f"{said.content}\n\n{inner}" if inner else said.content
        lines = (f">{'' if line.startswith('>') or not line else ' '}{line}" for line in body.splitlines())
        inner = "\n".join((_attribution(said), *lines))
    return inner


def quoted_html(told: Sequence[Told]) -> str:
    """The same as HTML, marked as mail programs mark it, so that they fold it."""
    inner = ""
    for said in reversed(_bounded(told)):
        body = f'<div style="white-space: pre-wrap">{html_entities.escape(said.content)}</div>{inner}'
        attribution = html_entities.escape(_attribution(said))
        inner = (
            f'<div class="gmail_quote"><div class="gmail_attr">{attribution}</div>'
            f'<blockquote class="gmail_quote" type="cite" style="{_QUOTE_STYLE}">{body}</blockquote></div>'
        )
    return inner


def _bounded(told: Sequence[Told]) -> list[Told]:
    """As many of the newest as are not too much together."""
    kept, size = [], 0
    for said in told:
        size += len(said.content)
        if size > _MAX_QUOTED:
            break
        kept.append(said)
    return kept


def _attribution(said: Told) -> str:
    """`On Sun, 22 Nov 2026 at 06:00, Carla wrote:`, whatever the process' locale."""
    at = said.created_at.astimezone(UTC)
    day = f"{_DAYS[at.weekday()]}, {at.day} {_MONTHS[at.month - 1]} {at.year} at {at:%H:%M}"
    return f"On {day}, {no_link(said.name) or 'somebody'} wrote:"
