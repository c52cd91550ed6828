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
        wrote|writes|has written|schrieb(?:en)?|schreef|geschreven|schrijft
        (?:a|à) écrit|escribi[óo]|ha scritto|scrive|escreveu|a scris
        skrev|skreiv|kirjoitti|kirjutas|rašė|rakstīja|írta|yazdı|yazmış|έγραψε|viết|menulis
        napsala?|napsal\(a\)|napísala?|napísal\(a\)|napisała?|napisał\(a\)|napisao|napisala|je napisal[ao]?
        написав|написала?|написал\(а\)|написа|пишет|писала?|пише
        """)
    + r"(?!\w)|写道|寫道|のメール|님이 (?:작성|쓴)|さんは書きました|さんが書きました|書きました|เขียน|كتب|כתב|نوشت"
)
OPENER = re.compile(
    r"(?i)\s*(?:-{2,3} )?[*_\"“]?"
    + any_of(r"""
        (?:on|at|from|am|em|den|op|le|el|il|a|pe|v|vào|dne|dňa|w dniu|dnia|på|ts|от|el día|ngày|pada|στις)\b
        в(?=\s)|на(?=\s)|у(?=\s)|vào lúc|بتاريخ|في|ב
        (?:mon|tues|wednes|thurs|fri|satur|sun)day
        (?:mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|jeu|ven|sam|dim|mo|di|mi|do|fr|sa|so)[.,]
        \d{4}[-/.年년]|\d{1,2}[-/. ]|于|在
        """)
)
SEPARATOR = re.compile(
    r"(?i)\s*[-_=*]{2,}\s*"
    + any_of(r"""
        original (?:message|appointment)|forwarded (?:message|by)|reply (?:above|message)
        ursprüngliche (?:nachricht|mail)|original-?nachricht|original-?mail|weitergeleitete nachricht
        message d['’]origine|message (?:original|initial|transf[ée]r[ée])
        mensaje (?:original|reenviado)|mensagem (?:original|encaminhada)
        messaggio (?:originale|inoltrato)|mesaj original
        oorspronkelijk bericht|oorspronkelijke? e-mail|doorgestuurd bericht
        ursprungligt meddelande|oprindelig (?:meddelelse|besked)|opprinnelig melding|alkuperäinen viesti
        původní (?:zpráva|e-mail)|pôvodná správa|(?:oryginalna|wiadomość) (?:wiadomość|oryginalna|przekazana)
        исходное сообщение|пересылаемое сообщение|оригінальне повідомлення|eredeti üzenet
        orijinal (?:mesaj|ileti)|izvorna poruka|αρχικό μήνυμα|tin nhắn gốc
        原始邮件|原始郵件|原始信件|转发邮件|轉寄郵件|回复的邮件|元のメッセージ|オリジナルメッセージ|원본 메(?:시|세)지|원본 메일
        """)
    + r"\s*[-_=*]{2,}"
)
FORWARD = re.compile(
    r"(?im)^[ \t]*"
    + any_of(r"""
        begin forwarded message|anfang der weitergeleiteten (?:nachricht|e-mail)
        début du (?:message|courriel|e-mail) (?:réexpédié|transféré)
        inicio del mensaje reenviado|inizio messaggio inoltrato|início da mensagem encaminhada
        begin doorgestuurd bericht|vidarebefordrat brev|start på videresendt
        """)
    + r"[ \t]*:?[ \t\r]*$"
)
# Without one of these, in lower case, a text needs no search for the expressions above and below.
FORWARD_STEMS = ("forwarded message", "weitergeleitet", "réexpédié", "transféré", "reenviado", "inoltrato")
FORWARD_STEMS += ("encaminhada", "doorgestuurd", "vidarebefordrat", "videresendt")
FROM_FIELD = (
    r"from|von|de|da|van|från|fra|od|lähettäjä|от|от кого|від|kimden|gönderen|feladó|expeditor|από|发件人|寄件者|寄件人|差出人|送信者|보낸 사람|보낸사람|从"
    r"|من|מאת|expéditeur|mittente|remitente|afzender|avsändare|absender|nadawca|odesílatel|từ|dari"
)
SUBJECT_FIELD = r"subject|betreff|objet|asunto|assunto|oggetto|onderwerp|ämne|emne|aihe|temat|předmět|předmet|predmet|тема|konu|tárgy|subiect|θέμα|主题|主題|主旨|件名|제목|الموضوع|נושא|chủ đề|re"
FIELD = re.compile(
    r"(?i)[ \t>|]*[*_]{0,2}(?P<name>"
    + FROM_FIELD
    + "|"
    + SUBJECT_FIELD
    + "|"
    + any_of(r"""
        sent|date|to|cc|reply-to|importance|attachments|sent by
        gesendet|gesendet am|datum|an|kopie|antwort an
        envoyé(?: le| par)?|à|date d'envoi|destinataire
        enviado(?: el| em)?|fecha|para|data de envio|enviada em
        inviato(?: il)?|data|a|per conto di
        verzonden|aan
        skickat|till|sendt|til|dato|lähetetty|vastaanottaja|päivämäärä|pvm
        wysłano|wysłane|do|dw|data wysłania|odesláno|odoslané|komu|kopia|poslano|za
        отправлено|дата|кому|копия|надіслано
        gönderildi|gönderme tarihi|kime|tarih|bilgi|elküldve|címzett|dátum|trimis|către|στάλθηκε|προς|ημερομηνία
        发送时间|发送日期|收件人|抄送|日期|寄件日期|傳送時間|收件者|副本|到|日付|送信日時|宛先|보낸 날짜|받는 사람|받는사람|참조|날짜
        تاريخ الإرسال|إلى|التاريخ|נשלח|אל|תאריך|đã gửi|đến|ngày
        """)
    + r")\s?[*_]{0,2}\s?[:：]"
)
SENT_FROM = re.compile(
    r"(?im)^[ \t]*[-–—_*]{0,3}[ \t]*"
    + any_of(r"""
        sent (?:from|via|with|using) (?:my (?:[\w®™+-]+ ?){1,5}|(?:the )?(?:new )?(?:mail for|yahoo|outlook|samsung|proton|aol|gmail|huawei|windows mail|blackberry|mailbird|superhuman|spark|k-9|fairemail|thunderbird|nine|a mobile|android|iphone|ipad)[^.,;!?\n]{0,60}(?:\.(?:com|org)[^.,;!?\n]{0,30})?)
        get outlook for[^.,;!?\n]{0,40}|download outlook for[^.,;!?\n]{0,40}
        von (?:meinem?r?) [^.,;!?\n]{1,40} (?:gesendet|geschickt)
        gesendet (?:von|mit|über|aus)(?: meine[mr]| der| outlook| mail)[^,;!?\n]{0,60}
        diese nachricht wurde von mein[^,;!?\n]{1,80}
        envoyé (?:de(?:puis)?|à partir de|avec|via) [^.,;!?\n]{1,60}
        (?:enviado|enviada|mandado) (?:desde|do|de|a partir do|pelo) [^.,;!?\n]{1,60}
        inviato (?:da|dal) [^.,;!?\n]{1,60}
        (?:verstuurd|verzonden) (?:vanaf|met|via|vanuit) [^.,;!?\n]{1,60}
        (?:skickat|sendt|lähetetty|wysłane|wysłano|odesláno|odoslané|trimis) (?:från|fra|z|ze|de pe|din) [^.,;!?\n]{1,60}
        lähetetty [^.,;!?\n]{1,40}|отправлено (?:с|из) [^.,;!?\n]{1,60}|надіслано з [^.,;!?\n]{1,60}
        [^\s.,;!?\n]{1,20}(?:'dan|'den|dan|den) gönderildi|[^.,;!?\n]{1,30}から送信|发自我的[^,;!?\n]{0,30}|從我的[^,;!?\n]{0,30}傳送|나의 [^,;!?\n]{1,30}에서 보냄
        """)
    + r"[ \t]*[.]?[ \t\r]*[>*_]{0,2}(?:<https?://\S{1,300}>)?(?: ?\(https?://\S{1,300}\))?$"
)
SENT_FROM_STEMS = ("sent from", "sent via", "sent with", "sent using", "outlook for", "gesendet", "geschickt")
SENT_FROM_STEMS += ("von mein", "envoyé", "enviad", "mandado", "inviato", "verstuurd", "verzonden", "skickat")
SENT_FROM_STEMS += ("sendt fra", "lähetetty", "wysłan", "odeslán", "odoslané", "trimis", "отправлено")
SENT_FROM_STEMS += ("надіслано", "gönderildi", "から送信", "发自我的", "從我的", "나의 ")
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
