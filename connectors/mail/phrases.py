"""What mail programs write around quotes, reports and automatic answers, in the languages we know.

Fragments of regular expressions, one language family a line; `any_of` makes one alternative of them.
"""

from __future__ import annotations

import re


def any_of(fragments: str) -> str:
    """The lines of `fragments`, each a list of alternatives separated by `|`, as one group."""
    return "(?:" + "|".join(line.strip() for line in fragments.strip().splitlines()) + ")"


WROTE = re.compile(
    r"(?i)\b"
    + any_of(r"""
        wrote|writes|schrieb|schreef|geschreven
        a écrit|escribi[óo]|ha scritto|escreveu|a scris
        skrev|kirjoitti|kirjutas|rašė|írta|yazdı|έγραψε|viết
        napsala?|napsal\(a\)|napisała?|napisał\(a\)|написала?|пишет|писал
        """)
    + r"\b|写道|寫道|のメール|님이 작성|さんは書きました|เขียน|كتب|כתב"
)
OPENER = re.compile(
    r"(?i)\s*[*_]?"
    + any_of(r"""
        (?:on|at|from|am|em|den|op|le|el|il|a|pe|v|vào|dne|dňa|w dniu|dnia|på|ts)\b
        (?:mon|tues|wednes|thurs|fri|satur|sun)day
        \d{4}[-/.年]|\d{1,2}[-/. ]
        """)
)
SEPARATOR = re.compile(
    r"(?i)\s*[-_=*]{2,}\s*"
    + any_of(r"""
        original (?:message|appointment)|forwarded message|reply above
        ursprüngliche (?:nachricht|mail)|original-nachricht|weitergeleitete nachricht
        message d['’]origine|message original|message transféré
        mensaje original|mensaje reenviado|mensagem original|mensagem encaminhada
        messaggio originale|messaggio inoltrato
        oorspronkelijk bericht|doorgestuurd bericht
        ursprungligt meddelande|oprindelig meddelelse|opprinnelig melding|alkuperäinen viesti
        původní zpráva|oryginalna wiadomość|исходное сообщение|eredeti üzenet
        原始邮件|原始郵件|元のメッセージ
        """)
    + r"\s*[-_=*]{2,}"
)
FORWARD = re.compile(
    r"(?im)^[ \t]*"
    + any_of(r"""
        begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail)
        début du (?:message|courriel) (?:réexpédié|transféré)
        inicio del mensaje reenviado|inizio messaggio inoltrato
        """)
    + r"[ \t]*:?[ \t\r]*$"
)
FROM_FIELD = r"from|von|de|da|van|från|fra|od|lähettäjä|от|发件人|寄件者|差出人"
FIELD = re.compile(
    r"(?i)\s*[*_]{0,2}(?P<name>"
    + FROM_FIELD
    + "|"
    + any_of(r"""
        sent|date|to|cc|subject
        gesendet|datum|an|betreff
        envoyé|à|objet
        enviado(?: el)?|fecha|para|asunto|assunto
        inviato|data|a|oggetto
        verzonden|aan|onderwerp
        skickat|till|ämne|sendt|til|emne|lähetetty|vastaanottaja|aihe
        wysłano|do|temat|odesláno|komu|předmět
        отправлено|кому|тема
        发送时间|收件人|主题|送信日時|宛先|件名
        """)
    + r")\s?[*_]{0,2}\s?[:：]"
)
SENT_FROM = re.compile(
    r"(?im)^[ \t]*"
    + any_of(r"""
        sent from (?:my|mail for|yahoo|outlook|samsung|proton)|get outlook for
        von meinem .{1,40} gesendet|gesendet (?:von|mit) (?:meinem|der|outlook|mail)
        diese nachricht wurde von meinem
        envoyé de(?:puis)? mon|enviado desde mi|enviado do meu|inviato da
        verstuurd vanaf mijn|skickat från min|sendt fra min
        """)
)
BOUNCE_SUBJECT = re.compile(
    r"(?i)"
    + any_of(r"""
        undeliver(?:able|ed)|returned (?:mail|to sender)|failure notice|mail system error
        (?:mail )?deliver(?:y|ed) (?:status notification|failure|failed|has failed|problem)
        mail delivery (?:failed|failure|subsystem)|warning: (?:could not send|message)
        message (?:not|could not be|undeliverable)
        unzustellbar|nicht zustellbar|nachricht nicht zugestellt
        échec de (?:la )?remise|non remis|no se puede entregar|mancato recapito
        """)
)
AUTO_SUBJECT = re.compile(
    r"(?i)(?:(?:re|aw|sv|r): ?)?"
    + any_of(r"""
        auto(?:matic|mated)?[ -]?(?:reply|response|antwort)|\[?auto-?reply|auto: |ooo:|vacation reply
        out of (?:the )?office|read: |gelesen: |lu ?:[ ]
        automatische antwort|abwesen(?:heit|d)|abwesenheitsnotiz
        réponse automatique|absence du bureau|respuesta automática|fuera de (?:la )?oficina
        risposta automatica|fuori ufficio|resposta automática
        automatisch antwoord|afwezig
        automatiskt svar|autosvar|automatisk svar|automaattinen vastaus
        autoodpowiedź|automatická odpověď|automatikus válasz|автоответ
        自動返信|自动回复
        """)
)
