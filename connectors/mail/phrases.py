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
        wrote|writes|has written|replied|schrieb(?:en)?|schreef|geschreven|schrijft
        (?:a|à) écrit|escribi[óo]|ha scritto|scrive|escreveu|a scris
        skrev|skreiv|kirjoitti|kirjutas|rašė|rakstīja|írta|yazdı|yazmış|έγραψε|viết|menulis
        napsala?|napsal\(a\)|napísala?|napísal\(a\)|napisała?|napisa[łl]\(a\)
        pisze|napisao|napisala|je napisal[ao]?
        написав|написала?|написал\(а\)|написа|пишет|писала?|пише
        """)
    + r"(?!\w)|写道|寫道|のメール|님이 (?:작성|쓴)"
    + r"|さんは書きました|さんが書きました|書きました|เขียน|كتب|כתב|نوشت"
)
CITING = re.compile(r"(?i)(?:quoting|zitat von|citando|citeren|citát|citerar|cytowanie|цитирование) ")
OPENER = re.compile(
    r"(?i)\s*(?:-{1,3} )?[*_\"“]?"
    + any_of(r"""
        (?:on|at|from|am|em|den|op|le|el|il|a|pe|v|vào|dne|dňa|w dniu|dnia|på|ts|от|el día|ngày|pada|στις)\b
        (?:понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|пн|вт|ср|чт|пт|сб|вс|нд),
        в(?=\s)|на(?=\s)|у(?=\s)|vào lúc|بتاريخ|في|ב
        (?:mon|tues|wednes|thurs|fri|satur|sun)day
        (?:mon|tue|wed|thu|fri|sat|sun|lun|mar|mer|jeu|ven|sam|dim|mo|di|mi|do|fr|sa|so)[.,]
        \d{4}[-/.年년]|\d{1,2}[-/. ]|于|在
        """)
)
WEEKDAY = any_of(r"""
    (?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|sonnabend
    (?:lun|mar|mercre|jeu|vendre|same)di|dimanche|lunes|martes|miércoles|jueves|viernes|s[áa]bado|domingo
    (?:lune|marte|mercole|giove|vener)dì|sabato|domenica|(?:segunda|terça|quarta|quinta|sexta)(?:-feira)?
    (?:maan|dins|woens|donder|vrij|zater|zon)dag|(?:mån|tis|ons|tors|fre|lör|sön)dag|(?:man|lør|søn)dag
    (?:poniedział|wtor|czwart|piąt)ek|środa|sobota|niedziela|понедельник|вторник|среда|четверг|пятница
    суббота|воскресенье
    """)
# What was passed on, as programs say it: a form of the verb is enough.
_PASSED_ON = any_of(r"""
    forwarded|weitergeleitet|doorgestuurd|videresendt|vidarebefordra[dt]|reenviad|encaminhad
    (?:r[ée]exp[ée]di|transf[ée]r|transmi)[ée]?s?(?!\w)|inoltrat|redirec[tțţ]ion|välitet|edelleenlähetet
    p[řr]epos[lí]|przekaz(?:an|yw)|proslije[đd]en|továbbított|ileti(?:l|\b)
    пере(?:адресован|направлен|с[иы]ла|слан)|转发|轉寄
    """)
_FEW = r"[^-#=*_\n]{0,30}"
SEPARATOR = re.compile(
    r"(?i)\s*[-_=*#‐–—]{2,}+\s*"
    + any_of(rf"""
        original(?: message| appointment)?|reply message|{_FEW}{_PASSED_ON}{_FEW}
        {_FEW}(?:reply|antwort){_FEW} (?:above|oberhalb)\b[^-#=*\n]{{0,40}}
        {_FEW}(?:au[- ]dessus|encima|sopra|acima|boven|ovan) [^-#=*\n]{{2,12}}l[ií](?:gne|nea|nha|jn)
        ursprüngliche (?:nachricht|mail)|antwort nachricht|original-?nachricht|original-?mail
        message d['’]origine|message (?:original|initial)|mensaje original|mensagem original
        messaggio originale|mesaj original|oorspronkelijk bericht|oorspronkelijke? e-mail
        ursprungligt meddelande|originalmeddelande|oprindelig (?:meddelelse|besked)|opprinnelig melding
        alkuperäinen viesti
        původní (?:zpráva|e-mail)|pôvodná správa|oryginalna wiadomość|wiadomość oryginalna
        исходное сообщение|оригінальне повідомлення|eredeti üzenet
        orijinal (?:mesaj|ileti)|izvorna poruka|αρχικό μήνυμα|tin nhắn gốc
        原始邮件|邮件原件|原始郵件|原始信件|回复的邮件|元のメッセージ|オリジナルメッセージ
        원본 메(?:시|세)지|원본 메일
        """)
    + r"\.?[-\s]*[-_=*#‐–—]{2,}"
)
_BEGINS = any_of(r"""
    begin|anfang|in[ií]ci?o|inizio|début|start\b|začátek|začiatok|začni|započni|początek|începe|kezdete|alkaa
    начало|початок|başlangıcı
    """)
# Two words, or a few and one that says that here it begins: what counts above fields or marked lines.
FORWARDED = re.compile(
    rf"(?i)[ \t]*(?=[^\n:]{{0,60}}{_PASSED_ON})"
    rf"(?:\w{{2,20}} \w{{2,20}}|(?=[^\n:]{{0,60}}{_BEGINS})[^\n:]{{8,60}}) ?:$"
)
FROM_FIELD = (
    "from|von|de|de la|da|van|från|fra|od|lähettäjä|от|от кого|від|kimden|gönderen|feladó|expeditor|από"
    "|发件人|寄件者|寄件人|差出人|送信者|보낸 사람|보낸사람|从|من|מאת|expéditeur|mittente|remitente|afzender"
    "|avsändare"
    "|absender|nadawca|odesílatel|từ|dari"
)
SUBJECT_FIELD = (
    "subject|betreff|objet|asunto|assunto|oggetto|onderwerp|ämne|emne|aihe|temat|předmět|předmet|predmet"
    "|тема|konu|tárgy|subiect|θέμα|主题|主題|主旨|件名|제목|الموضوع|נושא|chủ đề|re"
)
FIELD = re.compile(
    r"(?i)[ \t>|]*[*_]{0,2} ?(?P<name>"
    + FROM_FIELD
    + "|"
    + SUBJECT_FIELD
    + "|"
    + any_of(r"""
        sent|date|to|cc|bcc|reply-to|importance|attachments|sent by|on behalf of
        gesendet|gesendet am|datum|an|kopie|antwort an|antworten an
        envoy[ée](?: le| par)?|à|date d'envoi|destinataire|copie à|répondre à|message du|sujet
        enviado(?: el| em)?|fecha|para|data de envio|enviada em
        inviato(?: il)?|data|a|per conto di
        verzonden|aan
        skickat|till|sendt|til|dato|lähetetty|vastaanottaja|saaja|päivämäärä|pvm
        wysłano|wysłane|do|dw|data wysłania|odesláno|odoslané|komu|kopia|poslano|za
        отправлено|дата|кому|копия|надіслано
        gönderildi|gönderme tarihi|kime|alıcı|tarih|bilgi|elküldve|címzett|dátum|trimis|către|στάλθηκε|προς
        ημερομηνία
        发送时间|发送日期|收件人|抄送|日期|寄件日期|傳送時間|收件者|副本|到|日付|送信日時|宛先|보낸 날짜
        받는 사람|받는사람|참조|날짜
        تاريخ الإرسال|إلى|التاريخ|נשלח|אל|תאריך|đã gửi|đến|ngày
        """)
    + r")\s?[*_]{0,2}\s?[:：]"
)
BOUNCE_SUBJECT = re.compile(
    r"(?i)(?:\[?(?:bounced?|ndn)\]?:? |\*+ ?)?"
    + any_of(r"""
        (?:message )?(?:un|non)-?deliver(?:able|ed|y)|returned? (?:mail|to sender|message|e-?mail)
        failure notice|failed mail\b
        mail system error
        (?:permanent |email |e-mail |mail |message )*deliver(?:y|ed)? (?:status|notification|failure|failed)
        (?:permanent |email |e-mail |mail |message )*deliver(?:y|ed)? (?:has failed|problem|error|report)
        (?:permanent |email |e-mail |mail |message )*deliver(?:y|ed)? (?:not|delayed)
        (?:mail|message|email|e-mail) deliver(?:y|ed)|warning: (?:could not send|message|mail|e-?mail)
        (?:your )?(?:message|mail|e-?mail)(?: you sent)? (?:not|could not be|couldn't be|rejected|blocked)
        (?:your )?(?:message|mail|e-?mail)(?: you sent)? (?:was not|is not|(?:has been )?delayed|has not been)
        (?:your )?(?:message|mail|e-?mail)(?: you sent)? (?:cannot be|error|undeliverable)
        (?:unable|failed|failure) to (?:deliver|send)|can(?:no|')t deliver|could not (?:deliver|send)
        not delivered
        considered unsolicited|automatically rejected|auto-rejected
        (?:there was )?an? error (?:sending|while sending|in)
        permanent (?:delivery )?(?:failure|error)|banned or potentially offensive|user unknown|mail error
        rejected mail|bounce|banned contents|virus (?:\(|found|alert|detected)
        message status|delivery rejected|e-?mail blocked
        unzustellbar|nicht zustellbar|(?:nachricht|e-mail|mail) nicht zugestellt|zustellung|unzustellbare
        échec de (?:la )?(?:remise|distribution)|non remis|remise impossible|notification d['’]échec
        avis de non
        no se (?:puede|pudo|ha podido) entregar|no entregado|notificaci[óo]n de estado de entrega|devuelto
        mancat[ao] (?:recapito|consegna)|recapito non|impossibile recapitare|non recapitabile
        posta non consegnata
        n[ãa]o (?:é possível entregar|foi possível entregar|entregue)|falha na entrega
        niet (?:bezorgd|bestelbaar|afgeleverd)|недоставленное|onbe(?:stel|zorg)baar
        olevererbar|ej levererbart|kan inte levereras|uleverbar|kan ikke leveres|ei voitu toimittaa
        nie można dostarczyć|niedostarczon|zwrot|nedoručitelné|nelze doručit|kézbesíthetetlen|iletilemedi
        не уда(?:лось|ётся|ется) доставить|недоставлен|не доставлено|невозможно доставить|ошибка доставки
        возврат|teslim edilemedi|det går inte att leverera
        (?:メッセージ|メール)を(?:配信|お届け)できません|배달(?:되지|할 수 없)
        配信(?:不能|エラー|できません)|未配達|送信エラー|配送状态|未送达|无法(?:传递|投递|送达)|系统退信
        退信|来自\S{1,40}的退信|無法傳遞|반송|\[?배달 ?실패|전송 실패
        メールエラー|エラーメール
        """)
)
BOUNCE_TEXT = re.compile(
    r"(?i)"
    + any_of(r"""
        created automatically by (?:the )?(?:mail|e-?mail)
        this is the (?:qmail|mail system|mail delivery|postfix|courier|smtp)
        (?:had|have|with) (?:permanent|transient|delivery|fatal)[^\n]{0,20} (?:errors?|problems?|failures?)
        did(?: not|n't) reach (?:some or all|the following|its|one or more)|delivery has failed
        delivery (?:to|of|for)[^\n]{0,80}(?:fail|delayed|abort)
        (?:could|can|was|were|has|have)(?: ?not|n['’]t)(?: yet)?(?: been| be)?[ \n]{1,3}(?:delivered|sent)
        (?:was|were)(?: not|n['’]t) able to deliver
        delivery of (?:the|your) (?:e-?mail|message) was stopped|violated (?:system|company) policy
        unable to deliver|undeliverable|(?:i've|have) given up|returned to (?:you|sender)
        rejected (?:your message|the following)
        (?:user|recipient|mailbox|address|account|host) (?:is )?(?:unknown|not found|unavailable|rejected)
        (?:mailbox|account) (?:is )?(?:full|disabled)
        unknown user|no such user|over quota
        (?:recipient|address)[^\n]{0,60}(?:failed|rejected|refused)|does not (?:exist|like recipient)
        delivery (?:failure|attempts?|problems?|failed|error)
        \b5\d\d[ -]5\.\d\.\d|nicht zugestellt|n['’]a pas (?:pu )?être (?:remis|distribué|délivré)
        no se (?:pudo|ha podido|puede) entregar
        non è stato possibile|não (?:foi|pôde)[^\n]{0,20}entreg|не (?:может быть|удалось|был[ao]?) достав
        配信でき|配送でき|送信(?:に失敗|できません)|bezorging aan .{0,60} mislukt|无法(?:投递|送达|传递|发送)
        被退回|전송되지 못|(?:配送|配信)に失敗
        nachrichtenzustellung an folgende|could not be delivered because
        """)
)
AUTO_SUBJECT = re.compile(
    r"(?i)[\[(<*\"【「（]{0,2}"
    + any_of(r"""
        (?:auto: )?[^\n:]{2,60} is (?:currently )?out of (?:the )?office
        auto(?:matic|mated)?[ -]?(?:reply|response|answer|antwort|responder|reaction|notification|message)
        auto(?:matically )?[ -]?generated
        autoreply|autorisposta|vacation:[ ]|(?:vacation|holiday) auto
        [^\n:]{2,60} ist (?:derzeit |momentan |zur ?zeit )?(?:außer|ausser) haus|not read:[ ]|ungelesen:[ ]
        non lu ?:[ ]|no leído:[ ]|non letto:[ ]|não lida:[ ]|niet gelezen:[ ]|(?:ikke )?l[æe]st:[ ]|luettu:[ ]
        przeczytano:[ ]|přečteno:[ ]|прочитано:[ ]|okundu:[ ]|已讀|읽음:[ ]
        ooo\b|vacation (?:reply|message|response|notice)|out[ -]of[ -](?:the )?office
        away from (?:the |my )?(?:office|mail|desk)|on vacation:
        i(?: am|['’]m) (?:currently )?(?:out of (?:the )?office|on (?:vacation|leave|holiday))
        i(?: am|['’]m) (?:currently )?away(?: from (?:the |my )?(?:office|desk))?|read:[ ]|read receipt
        return receipt|gelesen:[ ]|lu ?:[ ]|leído:[ ]|letto:[ ]|lida:[ ]|gelezen:[ ]|läst:[ ]|прочтено|已读
        開封済み
        (?:automatische|autom\.) (?:antwort|antwoord|nachricht|rückmeldung|eingangs)|abwesen(?:heit|d)
        abwesenheitsnotiz|au(?:ß|ss)er haus|urlaubs?(?:vertretung|notiz)
        ich bin (?:[\w. ]{0,25} )?(?:im urlaub|nicht im (?:büro|haus)|au(?:ß|ss)er haus)
        lesebestätigung|eingangsbestätigung
        réponse (?:automatique|d['’]absence)|absen(?:t|ce)(?:e)? (?:du bureau|:)
        message (?:automatique )?d['’]absence|(?:je suis|actuellement) absent
        accusé de (?:lecture|réception)
        respuesta autom[áa]tica|(?:estoy |respuesta de )?fuera de (?:la )?oficina
        ausente(?: de la oficina|:)|ausencia|autorespuesta
        confirmación de lectura
        risposta automatica|fuori (?:ufficio|sede)|assente|assenza(?: dall|:)|notifica di assenza
        resposta autom[áa]tica
        fora do escrit[óo]rio|ausência
        automatisch (?:antwoord|bericht)|afwezig|niet op kantoor|ontvangstbevestiging
        automati(?:skt?|serat) (?:svar|meddelande|besked)|autosvar(?=:|$)|frånvar(?:o|ande)
        ikke (?:til stede|på kontoret)|fravær
        automaattinen vastaus|poissa
        autoodpowiedź|odpowied[źz] automatyczna|automatyczna odpowied[źz]|nieobecn|poza biurem
        automatick[áa] odpov[ěe][ďd]|mimo kanceláře|nepřítomnost|automatikus válasz|házon kívül
        szabadságon vagyok
        răspuns automat|otomatik yan[ıi]t|ofis dışında|αυτόματη απάντηση
        автоответ|автоматический ответ|автоматична відповідь|нет на (?:месте|работе)
        в отпуске|отсутствую|отсутствие (?:на (?:рабочем месте|работе)|в офисе)
        automatski odgovor|samodejni odgovor|automātiska atbilde|automatinis atsakymas|automaatvastus
        автоматичен отговор|аутоматски одговор|resposta automàtica|balasan ot?omat
        自動(?:返信|応答|回覆|回复)|不在(?:通知|届|のお知らせ)|自动(?:回复|答复)|외출 중|부재 중
        (?:회신: )?자동 ?(?:응답|회신)|الرد التلقائي|رد تلقائي|תשובה אוטומטית|trả lời tự động
        """)
)
