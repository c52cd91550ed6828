"""The line that a telephone or a mail program puts below what somebody wrote: `Sent from my iPhone`.

Words are never to be lost for it: a line counts when it begins or ends as such lines do in its language and
names a device or a program, and says nothing else that a person could have meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from connectors.mail.phrases import any_of

_MAX = 120  # characters, links apart
_LINK = re.compile(r"[<(\[]? ?https?://[^\s<>()\[\]]{1,300} ?[>)\]]?")
_FRAME = " \t\xa0\r*_-–—<>()[]"
_FRAMED = _FRAME + ".!"
# How such a line begins or ends: asked first, since most lines are none.
_FIRST = (
    "sent", "gesendet", "diese", "von", "envoy", "envia", "manda", "inviat", "verst", "verzo", "skick",
    "sendt", "lähet", "saade", "išsi", "nosū", "wysła", "posla", "odesl", "odosl", "trimis", "küldve",
    "elküldve", "στάλ", "εστά", "отправ", "надісл", "изпрат", "послат", "được", "đã", "dikirim", "נשלח",
    "أ", "تم", "发", "發", "来自", "來自", "从我", "從我", "get", "download", "tele", "télé", "obt",
    "baix", "scarica", "ottieni", "hämta", "hent", "skaff", "hanki", "pobierz", "získat", "загруз",
    "скачат", "получит", "отримат", "获取", "取得", "下載", "outlook", "from", "hol", "laden", "ios",
    "android", "please ex",
)  # fmt: skip
_LAST = (
    "gesendet",
    "geschickt",
    "gönderildi",
    "küldve",
    "送信",
    "した",
    "보냄",
    "전송됨",
    "傳送",
    "发送",
    "發送",
)
_HEADS = frozenset(word[:3] for word in _FIRST)
_HEADS_ALONE = frozenset("(<[*_-–— \t") | {word[0] for word in _FIRST if len(word) < 3}
_OPENS = re.compile("|".join(_FIRST))
_TAILS = frozenset(tail[-2:] for word in _LAST for tail in (word, f"{word}."))
_DEVICE = re.compile(
    r"(?i)"
    + any_of(r"""
        iphon|i-?pad\b|ipod\b|android|samsung|galaxy|blackberry|huawei|xiaomi|nokia|lumia|pixel\b|fairphone
        oneplus|phone|telefon|telefoon|handy\b|tablet|mobil|m[óo]vil|celular|\bcell\b|ti-85|windows
        outlook|yahoo|g-?mail\b|(?-i:\bMail\b)|webmail|\baol\b|\bgmx\b|web\.de|thunderbird|proton|icloud
        spark\b|superhuman|missive|zoho|bluemail|typeapp|polymail|airmail|mailbox|mymail|newton|cloud ?magic
        k-9\b|почт|пошт|телефон|смартфон|устройств|пристро|айфон|poczt|pošt|κινητ
        小米|手机|手機|携帯|スマ|휴대|갤럭시|아이폰|אייפון|נייד|هاتف|جوال
        """)
)
_BEGINS = re.compile(
    r"(?i)"
    + any_of(r"""
        sent (?:wirelessly )?(?:from|via|with|using|by)\b|enviat des de
        gesendet (?:von|mit|über|aus|via)\b|diese nachricht wurde (?:von|mit)\b
        envoyé (?:sans fil )?(?:de(?:puis)?|à partir de?|avec|via|par mon)\b
        (?:enviado|enviada|mandado) (?:desde|d[eo]|a partir d|pel[oa]|via|con|com)
        inviato (?:da|dal|con|tramite)\b|(?:verstuurd|verzonden) (?:vanaf|met|via|vanuit|door)\b
        (?:skickat|sendt|sent) (?:från|fra|med|via)\b|lähetetty |saadetud |išsiųsta iš|nosūtīts no
        (?:wysłan[eoy]|poslan[eo]|odesl[áa]no|odoslan[éeo]) (?:z|ze|s|sa|pomocą|pomocí)\b
        trimis (?:de pe|din|de la)\b|(?:el)?küldve az? |(?:στάλθηκε|εστάλη) από
        отправлено (?:с|из|через)\b|надіслано (?:з|із|за допомогою)\b|изпратено от|послато са
        (?:được|đã) gửi từ|dikirim dari|נשלח מ|(?:أُ?رسلت?|تم الإرسال) من
        (?:发|發|发送|来|來)自|从我的|從我的
        """)
)
_ENDS = re.compile(
    any_of(r"""
        gesendet|geschickt|gönderildi|küldve|から送信(?:しました|されました)?|에서 (?:보냄|전송됨)
        傳送|发送|發送
        """)
    + "$"
)
_GET = any_of(r"""
    (?:get|download|t[ée]l[ée]charge[rz]|obten(?:ir|ez|er|ga|ha)|obter(?: o)?|baixar?|scarica|ottieni)[ ]
    (?:hämta|hent|skaff deg|hanki|pobierz(?: program| aplikację)?|získat)[ ]
    (?:загрузите|скачать|получить|отримати)[ ]
    (?:获取|取得|下載) ?|
    """)
_FOR = "(?:for|für|pour|para|per|voor|til|för|dla|pro|для)"
_GOT = "(?: (?:herunterladen|beziehen|laden|downloaden|ophalen|を入手|다운로드))?"
_APP = any_of(r"""
    hey|front|nine|canary|boxer|acompli|alto|inbox|spike|edison|tuta(?:nota)?|fastmail|mailspring|mimestream
    shortwave
    """)
# Programs whose name is a common word, and lines of other shapes: nothing else may stand there.
_WHOLLY = re.compile(
    r"(?i)"
    + any_of(rf"""
        sent (?:from|via|with|using|by) my [\w®™+-]+(?: [\w®™+-]+){{0,4}}
        sent (?:from|via|with|using|by) {_APP}(?: mail)?(?: (?:for|on) [\w ]{{2,20}})?
        sent (?:from|via) (?:my|the) (?:[\w&® -]{{1,20}}, )?samsung galaxy[^.;!?]{{0,60}}
        sent (?:on the go|from the road)|von unterwegs gesendet
        from my (?:i?phone|i?pad|ipod|galaxy|blackberry|android)(?: \d\w{{0,3}})?
        {_GET}outlook {_FOR} (?:systemu )?(?:ios|android|mac|windows){_GOT}
        (?:holen sie sich|hol dir|laden sie) outlook für (?:ios|android)(?: herunter)?
        (?:ios|android) için outlook['’]u edinin
        """)
    + "$"
)
_EXCUSE = re.compile(
    r"(?i)[\s.,;–-]+(?:(?:so|and) )?(?:please )?(?:excuse|forgive|pardon|apologies|sorry)\b[^\n]{0,60}$"
    r"|^please excuse[^.\n]{0,40}\. |[.,;\s–-]+get the app$"
)
# The end of a sentence, and words that no such line has.
_SENTENCE = re.compile(
    r"(?i)[;!?。、]|[.,](?:\s|$)|\b(?:i|we|you|me|us|it|is|was|has|have|had|but|not|never|yesterday|today|last"
    r"|ago|aber|nicht|kein|gestern|mais|pas|hier|pero|ayer|non|ieri|mas|não|ontem|maar|niet|gisteren|но|не)\b"
)


def device_line_candidates(lines: Sequence[str]) -> set[int]:
    """The lines at which `is_device_line` has to look: cheap questions, since most lines are none."""
    return {
        index
        for index, line in enumerate(lines)
        if line[:1] in _HEADS_ALONE
        or line[-2:] in _TAILS
        or (line[:3].lower() in _HEADS and _OPENS.match(line[:9].lower()))
    }


def is_device_line(line: str) -> bool:
    """Whether a line says from which device or with which program the mail was sent, and no more."""
    if "http" in line and len(line) <= _MAX + 300:
        line = _LINK.sub(" ", line)
    if line[:1] in _FRAME or line[-1:] in _FRAMED:
        line = line.strip(_FRAME).rstrip(".!")
    if len(line) > _MAX or not (_OPENS.match(line[:9].lower()) or line.endswith(_LAST)):
        return False
    said = _EXCUSE.sub("", " ".join(line.split()))
    if _WHOLLY.match(said):
        return True
    framed = _BEGINS.match(said) or _ENDS.search(said)
    return framed is not None and _DEVICE.search(said) is not None and _SENTENCE.search(said) is None
