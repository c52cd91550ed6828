"""What machines write for people to read: an answering machine in its subject, a mail system in its report.

Their fields are asked first (`kind.py`); here are only words, and people write nearly the same ones when they
ask about a lost parcel or an absence. So a subject counts where it stands as such programs set it, and a
report where it shows an address or a code, and nobody speaks of himself in it.
"""

from __future__ import annotations

import re

from connectors.mail.phrases import AUTO_SUBJECT, BOUNCE_SUBJECT, BOUNCE_TEXT
from server.domain.inbound import Person

_OPENING = 600  # characters in which a person greets or speaks of himself
_DAEMON = re.compile(
    r"mailer[-_.]?daemon|post[-_.]?master|mail-?daemon|mdaemon|microsoftexchange|bounces?$|mail-?delivery|mailerror"
    r"|dsn$|nondelivery|undeliver|mdeliv|mmdf|smtpd?$|maildaemon"
)
_DAEMON_NAME = re.compile(
    r"(?i)mail (?:delivery|administrator|router)|mail-?delivery|system administrator|delivery (?:sub)?system"
    r"|^mailer-?daemon$"
)
# Addresses that people have as well, and the names by which systems are told from them.
_SHARED = re.compile(r"post[-_.]?master|smtpd?$|bounces?$")
_SYSTEM = re.compile(
    r"(?i)mail|post|deliver|system|admin|server|exchange|daemon|filter|notif|gateway|bounce|smtp|\bmta\b"
    r"|security|scan|virus|spam|no-?reply|automat|\bmss\b"
)
# What follows the words of a subject that a program set: nothing, a mark, a date, or who answers.
_STANDS = re.compile(
    r"(?i)(?:[a-zà-ɏа-яё]{1,16}(?![a-zà-ɏа-яё]))?[\])>*\"'’」】）]{0,2}\s{0,4}"
    r"(?:[.!]{0,3}(?:$|\s?[(\[])|[:：(（\[|~\])】]|[–—-]{1,2}\s|(?:re|aw|fwd?)\b"
    r"|(?:until|till|through|bis|jusqu|hasta|fino|até|tot|до)\b"
    r"|(?:from|on|to|vom|ab|von|du|del?|dal|vanaf|fr[åa]n?|от|с)\b.{0,40}\d"
    r"|(?:from|by) (?-i:[A-Z])[^\s?]{1,30}(?: (?-i:[A-Z])[^\s?]{1,30}){0,2}$"
    r"|auto-?\s?(?:reply|response|responder)(?:$|:)"
    r"|(?:notification|notice|message|reply|response)[.!]?(?:$|:)|(?:today|this week)\b)"
)
_AUTO_ASIDE = re.compile(
    r"(?i)[\[(](?:out[ -]of[ -]office|ooo|vacation|auto(?:matic)?[ -]?(?:reply|response))[\])]"
)
_BOUNCE_ASIDE = re.compile(r"(?i)[\[(](?:delivery (?:failed|failure)|undeliverable)[\])]$")
# Subjects that systems set and nobody writes.
_STANDARD = re.compile(
    r"(?i)(?:undelivered mail returned to sender|mail delivery failed: returning message to sender"
    r"|delivery status notification ?\((?:failure|delay(?:ed)?)\)|returned mail: [^\n]{3,60}|failure notice"
    r"|mail system error - returned mail|delivery notification: delivery has failed)\W{0,2}$"
)
# Words of mail systems, without which a report of a failed delivery may be about a parcel.
_OF_MAIL = re.compile(
    r"(?i)\b[45]\d\d[ -]{1,2}#?[45]\.\d\.\d|\b[45]\.[0-7]\.\d{1,2}\b|\b5[05]\d[ -]|smtp|rcpt to|undeliver"
    r"|mail ?(?:box|er)?[- ](?:system|server|daemon|delivery|host)|mailbox|created automatically|user unknown"
    r"|(?:your|the|a) (?:e-?mail |mail )?message\b|unsent|no such user|unknown user"
    r"|(?:e-?mail|message) below|delivery report|delivery status notification|returned mail|failure notice"
    r"|(?:votre|ihre|uw|su|il (?:tuo|suo)|la (?:tua|sua)) (?:message|mail|nachricht|e-?mail|bericht|mensaje"
    r"|correo|messaggio)"
)
_PERSONAL = re.compile(
    r"(?im)^\W{0,3}(?:hi|hello|hey|dear|good (?:morning|day|afternoon)|hallo|liebe[rs]?|guten|moin"
    r"|sehr geehrte|bonjour|salut|madame|hola|buen[oa]s|estimad[oa]s?|ciao|buongiorno|ol[áa]"
    r"|bom dia|beste|geachte|hej|hei|cześć|dzień dobry|dobrý|здравствуйте|добрый|привет"
    r"|你好|您好|こんにちは|안녕)\b(?!\. this is)"
    r"|(?<![\w'’])(?:my|me|mine|meine?[nrms]?|ich|mon|mes|je|mis|mio|mia|meu|minha|mijn|moj[aeą]|мо[йяеи]|мне)"
    r"(?![\w'’])"
)
_ADDRESS = re.compile(r"[\w.+=&'/-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z][\w-]{1,62}")
_CODE = re.compile(r"\b[45]\d\d[ -]{1,2}#?[45]\.\d\.\d|(?im:rcpt to:|^\W{0,4}(?:final|failed)[- ]recipient)")


def answers(subject: str) -> bool:
    """Whether an answering machine set a subject."""
    if _AUTO_ASIDE.search(subject):
        return True
    found = AUTO_SUBJECT.match(subject)
    if found is None:
        return False
    colon = found[0].rstrip().endswith((":", "："))
    return colon or _STANDS.match(subject, found.end()) is not None


def is_daemon(sender: Person) -> bool:
    """Whether an address is a mail system's, and no postmaster's who has a name of his own."""
    local = sender.email.partition("@")[0]
    if _DAEMON_NAME.search(sender.name):
        return True
    if _DAEMON.match(local) is None:
        return False
    return not sender.name or _SHARED.match(local) is None or _SYSTEM.search(sender.name) is not None


def is_named_report(subject: str) -> bool:
    """Whether a subject is one of those that reports have."""
    return BOUNCE_SUBJECT.match(subject) is not None or _BOUNCE_ASIDE.search(subject) is not None


def tells_of_failure(text: str) -> bool:
    return BOUNCE_TEXT.search(text) is not None


def is_report(subject: str, text: str, sender: Person) -> bool:
    """Whether a mail with such a subject is a report although its sender does not say so."""
    said = "\n".join(line for line in text.split("\n") if not line.startswith(">") or line.startswith(">>>"))
    if _PERSONAL.search(said[:_OPENING]):
        return False
    if _STANDARD.match(subject):
        return True
    if not tells_of_failure(said):
        return False
    shown = _CODE.search(said) is not None or any(
        found[0].lower() != sender.email for found in _ADDRESS.finditer(said)
    )
    return shown and (_OF_MAIL.search(said) is not None or _OF_MAIL.search(subject) is not None)
