"""What a delivery report says: to whom, with which status, and in whose words.

By RFC 3464 where the report keeps to it; otherwise from the sentences that mail systems write. Pure.
"""

from __future__ import annotations

import re

from connectors.mail.charset import decode
from connectors.mail.headers import Headers, unfold
from connectors.mail.mime import Part, Tree
from server.domain.inbound import Bounce

STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_TEXT, _MEANT = 20_000, 2_000
_MAX_PARAGRAPHS = 20
_MAX_DIAGNOSTIC = 500
_MAX_GROUPS = 200
_ADDRESS = re.compile(  # as it is, or in one of X.400: `c=de;p=isp;dda:SMTP=carla@isp.test;`
    r"(?<![\w.+-])(?:[Ss][Mm][Tt][Pp]=)?([\w.+=&'/-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z][\w-]{1,62})"
)
_LABELLED = re.compile(r"(?i)\b(?:undeliverable address|(?:failed|intended) recipient): ?<?(?=\S{1,64}@)")
_ASKED_FOR = re.compile(r"(?i)\brcpt to: ?<?(?=\S{1,64}@)")
_STATUS = re.compile(r"(?<![\d.])([245]\.[0-7]\.\d{1,3})(?![\d]|\.\d)")
_CODE = re.compile(r"(?<![\d.:-])([45])[0-5]\d(?:[ -]|$)")
_BEGINS = re.compile(
    r"(?i)(?:fatal errors|had (?:permanent|delivery)|transient non-fatal|failed:|failed permanently"
    r"|follow(?:s|ing)|returned below|could(?:n't| not) be delivered|wasn't able to deliver|did not reach"
    r"|recipients?)[^\n]*\n"
)
_WHO = r"(?:user|recipient|mailbox|account|address)"
# What is said instead of a number.
_MEANINGS = tuple(
    (status, re.compile(rf"(?i){words}"))
    for status, words in (
        ("4.4.7", r"has been delayed|not yet been delivered|could not send message for|still trying"),
        ("5.2.2", r"quota|mail ?(?:box|folder)(?: is)? full|storage limit|exceeded.{0,20}(?:size|storage)"),
        ("5.1.2", r"(?:host|domain|name)[^\d\n]{0,30}(?:unknown|not found|not known)"),
        ("5.1.2", r"unrouteable|no such (?:host|domain)"),
        ("5.1.1", rf"{_WHO}\S{{0,3}} .{{0,30}}(?:unknown|not (?:found|exist|listed|known|recogni[sz]ed))"),
        ("5.1.1", rf"{_WHO}\S{{0,3}} .{{0,30}}does(?:n't| not) exist"),
        ("5.1.1", rf"{_WHO} .{{0,30}}(?:rejected|invalid|unavailable|disabled)"),
        ("5.1.1", r"does(?:n't| not) have an?|no mailbox here"),
        ("5.1.1", r"(?:unknown|no such|invalid) (?:user|recipient|mailbox|address|local)"),
        ("5.1.1", r"adresse .{0,30}nicht gefunden|empfänger .{0,30}(?:unbekannt|existiert nicht)"),
        ("5.1.1", r"(?:adresse|destinataire) .{0,30}(?:introuvable|inconnue?|n['’]existe pas)"),
        ("5.1.1", r"no (?:existe|se encontró|se ha encontrado)|inexistente|non esiste|bestaat niet"),
        ("5.1.1", r"не (?:существует|найден)|不存在|見つかりません|존재하지 않"),
        ("5.7.1", r"spam|blocked|rejected|denied|policy"),
    )
)


def read_bounce(root: Part, text: str) -> Bounce:
    """The first recipient that a report says has failed; what it does not say stays empty."""
    said = _from_text(text[:_TEXT])
    failed = root.headers.text("x-failed-recipients").split(",")[0].strip().lower()
    for status in _reports(root):
        structured = _structured(status)
        if structured is not None:
            return Bounce(
                structured.recipient or failed or said.recipient,
                structured.status or said.status,
                structured.diagnostic or (said.diagnostic if said.recipient else ""),
            )
    return Bounce(failed or said.recipient, said.status, said.diagnostic)


def _reports(root: Part) -> list[Part]:
    waiting, found = [root], []
    while waiting:
        part = waiting.pop()
        if part.type in STATUS_TYPES:
            found.append(part)
        waiting += reversed(part.parts)
    return found


def _structured(part: Part) -> Bounce | None:
    """The worst group of a machine's report: one that failed, else the first."""
    found: list[tuple[bool, Bounce]] = []
    groups = re.split(rb"\r?\n[ \t]*\r?\n", part.content()[:262_144], maxsplit=_MAX_GROUPS)
    for group in groups:
        fields = Tree(group.strip() + b"\n\n").root.headers
        final, original = _value(fields, "final-recipient"), _value(fields, "original-recipient")
        recipient = original if original and not _ADDRESS.search(final) else final
        if not recipient:
            continue
        status = _STATUS.search(fields.text("status"))
        diagnostic = _words(_value(fields, "diagnostic-code"))
        number = _STATUS.search(diagnostic)
        shown = status[1] if status else ""
        if number and (not shown or shown.endswith(".0.0")):
            shown = number[1]
        action = fields.text("action").strip().lower()
        found.append((action == "failed", Bounce(_address(recipient), shown, diagnostic)))
    return next((bounce for failed, bounce in found if failed), found[0][1] if found else None)


def _value(fields: Headers, name: str) -> str:
    """A value behind its type: `rfc822; user@example.com` (RFC 3464 §2.1.2)."""
    value = unfold(fields.raw(name))
    kind, semicolon, rest = value.partition(";")
    return rest.strip() if semicolon and " " not in kind.strip() else value.strip()


def _from_text(text: str) -> Bounce:
    """Recipient, status and reason in a report for people."""
    begun = _LABELLED.search(text) or _BEGINS.search(text) or _ASKED_FOR.search(text)
    at = begun.end() if begun else 0
    found = _ADDRESS.search(text, at) or _ADDRESS.search(text)
    recipient = found[1].lower() if found else ""
    reason = _reason(text[found.end() :] if found else text)
    number = _STATUS.search(reason) or _STATUS.search(text, at)
    if number is not None:
        return Bounce(recipient, number[1], reason)
    meant = next(
        (status for status, words in _MEANINGS if words.search(reason) or words.search(text[:_MEANT])), ""
    )
    code = _CODE.search(reason)
    return Bounce(recipient, meant or (f"{code[1]}.0.0" if code else ""), reason)


def _reason(after: str) -> str:
    """The paragraph in which a system says why: the one with a reply code, else what follows the address."""
    paragraphs = [_words(each) for each in re.split(r"\n[ \t]*\n", after[:4000], maxsplit=_MAX_PARAGRAPHS)]
    coded = next((each for each in paragraphs if _CODE.search(each) or _STATUS.search(each)), None)
    return (coded or next((each for each in paragraphs if len(each) > 3), ""))[:_MAX_DIAGNOSTIC]


def _words(text: str) -> str:
    return decode(re.sub(r"\s+", " ", text).strip(" :>").encode("utf-8", "replace"), "utf-8")[0][
        :_MAX_DIAGNOSTIC
    ]


def _address(text: str) -> str:
    found = _ADDRESS.search(text)
    return (found[1] if found else text.strip("<> ")).lower()[:320]
