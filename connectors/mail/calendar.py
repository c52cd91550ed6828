"""An invitation in words (RFC 5545), for mails that say nothing else: what, when, where, who asks. Pure."""

from __future__ import annotations

import re

from connectors.mail.charset import mend

_MAX_LINES = 2_000
_METHODS = {"REPLY": "Answer to an invitation", "CANCEL": "Cancelled", "REQUEST": "Invitation"}
_SHOWN = (("DTSTART", "Begins"), ("DTEND", "Ends"), ("LOCATION", "Where"), ("ORGANIZER", "From"))
_INSTANT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})\d{0,2}(Z?))?")


def invitation_text(calendar: str) -> str:
    """The first event as a few lines; empty when there is none."""
    fields = _fields(calendar)
    summary = fields.get("SUMMARY", ("", ""))[1]
    if not summary and "DTSTART" not in fields:
        return ""
    method = _METHODS.get(fields.get("METHOD", ("", ""))[1].upper(), "Invitation")
    lines = [f"{method}: {summary}".rstrip(": ")]
    for name, label in _SHOWN:
        parameters, value = fields.get(name, ("", ""))
        if value:
            lines.append(f"{label}: {_readable(name, parameters, value)}")
    description = fields.get("DESCRIPTION", ("", ""))[1]
    return mend("\n".join(lines + (["", description] if description else [])))


def _fields(calendar: str) -> dict[str, tuple[str, str]]:
    """Parameters and value of each property of the first event, and of those before it; folds undone."""
    found: dict[str, tuple[str, str]] = {}
    unfolded = re.sub(r"\r?\n[ \t]", "", calendar[:200_000])
    for line in unfolded.splitlines()[:_MAX_LINES]:
        head, colon, value = line.partition(":")
        name, _, parameters = head.partition(";")
        if line.strip().upper() in ("END:VEVENT", "BEGIN:VALARM"):
            break
        if line.strip().upper() == "BEGIN:VEVENT":
            found = {name: kept for name, kept in found.items() if name == "METHOD"}
        elif colon:
            found.setdefault(name.strip().upper(), (parameters, _unescaped(value.strip())))
    return found


def _unescaped(value: str) -> str:
    return re.sub(r"\\(.)", lambda mark: "\n" if mark[1] in "nN" else mark[1], value)


def _readable(name: str, parameters: str, value: str) -> str:
    if name == "ORGANIZER":
        shown = re.search(r'CN="?([^";:]{1,200})', parameters)
        address = re.sub(r"(?i)^mailto:", "", value)
        return f"{shown[1]} <{address}>" if shown else address
    instant = _INSTANT.match(value) if name.startswith("DT") else None
    if instant is None:
        return value
    zone = re.search(r"TZID=\"?([^\";:]{1,60})", parameters)
    day = f"{instant[1]}-{instant[2]}-{instant[3]}"
    if instant[4] is None:
        return day
    return f"{day} {instant[4]}:{instant[5]}" + (" UTC" if instant[6] else f" ({zone[1]})" if zone else "")
