"""What is folded away below an answer, and what must not be."""

from __future__ import annotations

import pytest

from connectors.mail.quote import reply_text

ANSWER = "Yes, the second lamp came today.\nIt works."
BELOW = "Dear Carla,\n\nhas the lamp come?\n"

ATTRIBUTIONS = (
    "desk agent <desk@parley.test> wrote:",
    "desk@parley.test wrote:",
    '"Desk Agent" <desk@parley.test> schrieb:',
    "Desk Agent (desk@parley.test) a écrit :",
    "Quoting Desk Agent <desk@parley.test>:",
    "Desk Agent wrote on 11/23/26 10:00 AM:",
    "Desk Agent schrieb am 23.11.26 um 10:00:",
    "On Monday, November 23, 2026, Desk Agent wrote:",
    "El lunes, 23 de noviembre de 2026, Desk escribió:",
    "- On 2026-11-23 10:00, Desk Agent wrote:",
    "On Mon, Nov 23, Desk Agent\n<desk@parley.test>\nwrote:",
    "W dniu 23.11.2026 o 10:00, Desk pisze:",
    "Le lundi 23 novembre 2026, Desk Agent a écrit :",
    "Am Montag, 23. November 2026 schrieb Desk Agent:",
    "понедельник, 23 ноября 2026 г. пользователь Desk написал:",
    "In message <1@parley.test>, Desk Agent writes:",
    "----------\nDesk Agent <desk@parley.test> 在 2026年11月23日 周一 10:00 写道：",
    "** De : Desk desk@parley.test **\n** Envoye : lundi 23 novembre 2026 10:00 **\n** Objet : Lampe **",
    "Forwarded message:\n\nFrom: Desk <desk@parley.test>\nDate: 23 November 2026\nSubject: Lamp",
    "Date: Mon, 23 Nov 2026 10:00:00 +0000\nFrom: Desk <desk@parley.test>\nSubject: Lamp",
    "---------- Vidarebefordrat meddelande ----------\nFrån: d@p.test\nDatum: 23 nov 2026\nÄmne: Lampa",
    "--- Mesej asal ---\nDaripada: D <d@p.test>\nTarikh: 23/11/2026 10:00\nPerkara: Lampu",
    "Dne 23. 11. 26 v 10:00 Desk napsal(a):",
    "On Mon, 23 Nov 2026 10:00:00 +0100 Desk Agent <desk@parley.test> wrote",
    "\u202bבתאריך יום ב׳, 23 בנוב׳ 2026 ב-10:00 מאת \u202aDesk\u202c\u200f <d@p.test\u200f>:\u202c",
    "\u202aفي الاثنين، 23 نوفمبر 2026 في 10:00 كتب \u202aDesk\u202c\u200f <d@p.test\u200f>:\u202c",
    "‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐",
    "------------ Original ------------",
    "##- Please type your reply above this line -##",
    "## Bitte gib deine Antwort oberhalb dieser Linie ein. ##",
    "--- Répondez au-dessus de cette ligne ---",
    "-------- Originalmeddelande --------\nFrån: Desk <desk@parley.test>\nDatum: 2026-11-23",
    "De la: Desk <desk@parley.test>\nTrimis: luni, 23 noiembrie 2026 10:00\nCătre: c@c.test\nSubiect: Lamp",
    "Desk Agent <desk@parley.test>\n23/11/2026 10:00\n\nTo\nc@customer.test",
    "Date: Mon, 23 Nov 2026 10:00:00 +0000 From: desk@parley.test To: Carla Subject: Lamp",
    "-----邮件原件-----",
)  # fmt: skip

DEVICES = (
    "Sent from my tablet!",
    "Sent from my phone, please excuse the brevity",
    "Please excuse typos. Sent from my Android",
    "Sent from Mail<https://go.example.test/?id=1> for Windows",
    "Sent via Superhuman <https://s.example.test/?v=1>",
    "Sent wirelessly from my BlackBerry device on some network.",
    "Sent from my Orange, Samsung Galaxy smartphone",
    "Sent from Missive",
    "From my iPhone 16",
    "Ottieni Outlook per iOS",
    "Obter o Outlook para Android",
    "Holen Sie sich Outlook für iOS",
    "Outlook для Android",
    "iOS için Outlook’u edinin",
    "Gesendet von Yahoo Mail auf Android",
    "Von Samsung-Tablet gesendet",
    "Отправлено из мобильной Почты",
    "Samsung telefonumdan gönderildi.",
    "Στάλθηκε από το iPhone μου",
    "iPhone-omról küldve",
    "iPhoneから送信されました",
    "来自我的手机",
    "내 iPhone에서 보냄",
    "Được gửi từ iPhone của tôi",
    "נשלח מה-iPhone שלי",
    "Poslano z mojega iPhona",
)

SENTENCES = (
    "Get Outlook to work, please: I cannot log in",
    "Verzonden met de post en niet gekomen",
    "Sent via the post office on Monday",
    "Sent from Yahoo to my Gmail but nothing came",
    "Envoyé de Lyon, le colis est perdu",
    "From my point of view the lamp is broken",
    "Outlook for Android crashes when I open your mail",
    "Desk wrote: nothing at all",
    "On Monday, November 23, 2026, the driver wrote:\nNobody was there.",
)


TOLD = (
    "On Monday, my neighbour and I wrote:",
    "Le lundi 23 novembre 2026, nous avons tous écrit :",
    "Anna via Telegram wrote:",
    "Forwarded message:",
    "---- Order ----\nName: Carla\nMail: carla@customer.test\nLamp: 2",
    "---- Contact ----\nMail: carla@customer.test\nName: Carla\nPhone: 1234",
    "---- Pickup ----",
    "Message-ID: <1@d.test>\nDate: Tue, 12 May 2026 10:15:36 +0200\nFrom: Dora <dora@customer.test>\n"
    "To: Carla <carla@customer.test>\nSubject: Notice\n\nIs this one from you?",
)


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_history_is_folded_though_nothing_marks_it(attribution: str) -> None:
    assert reply_text(f"{ANSWER}\n\n{attribution}\n\n{BELOW}") == ANSWER


@pytest.mark.parametrize(
    "attribution",
    (
        "Desk Agent replied:",
        "desk via Parley wrote:",
        "Desk <d@p.test> napisal(a):",
        "On 3 March, Desk Agent wrote:",
        "Le 28/11, Desk Agent a écrit :",
    ),
)
def test_an_attribution_without_a_date_counts_above_marked_lines(attribution: str) -> None:
    assert reply_text(f"{ANSWER}\n\n{attribution}\n> has the lamp come?\n") == ANSWER


def test_a_sentence_with_a_number_above_marked_lines_is_kept() -> None:
    told = "On 3 occasions, nobody at your shop replied:"
    assert reply_text(f"{ANSWER}\n\n{told}\n> has the lamp come?\n") == f"{ANSWER}\n\n{told}"


@pytest.mark.parametrize("line", DEVICES)
def test_the_line_of_a_device_is_a_signature(line: str) -> None:
    assert reply_text(f"{ANSWER}\n\n{line}\n") == ANSWER


def test_the_lines_of_two_devices_are_a_signature() -> None:
    assert reply_text(f"{ANSWER}\n\nSent from my tablet\nEnvoyé de ma tablette Android\n") == ANSWER


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_that_begins_like_a_device_is_kept(sentence: str) -> None:
    assert reply_text(f"{ANSWER}\n\n{sentence}\n") == f"{ANSWER}\n\n{sentence}"


@pytest.mark.parametrize("told", TOLD)
def test_what_a_person_tells_or_lists_is_kept(told: str) -> None:
    assert reply_text(f"{ANSWER}\n\n{told}\n\n{BELOW}") == f"{ANSWER}\n\n{told}\n\n{BELOW}".strip()


def test_a_line_that_says_from_is_not_the_block_of_the_mail_below() -> None:
    said = "From: my neighbour\nHe has it."
    block = "From: Desk [desk@parley.test]\nSent: Monday, 23 November 2026 10:00\nTo: Carla\nSubject: Lamp"
    assert reply_text(f"{said}\n\n{ANSWER}\n\n{block}\n\n{BELOW}") == f"{said}\n\n{ANSWER}"


SIGNATURES = (
    "________________\nCarla Costa\nHead of Lamps\n+49 30 1234567",
    "-----\nCarla Costa\ncarla@customer.test",
    "—————\nCarla Costa\nwww.customer.test",
    "----\nCarla Costa",
    "__________\n\nCarla Costa\nLisbon\n\nSent from my tablet\n__________",
)
THOUGHTS = (
    "---\nAnd the first lamp is broken.",
    "---\nred lamp\ncarla@customer.test",
    "----\nBig Lamp\nSmall Lamp",
    "-----\nYes",
    "--- see above for more ---\n\nAnd so on",
)


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_name_and_how_to_reach_it_below_a_rule_is_a_signature(signature: str) -> None:
    assert (
        reply_text(f"{ANSWER}\n\n{signature}\n\nOn 11/23/26 10:00 Desk <d@p.test> wrote:\n\n{BELOW}")
        == ANSWER
    )


@pytest.mark.parametrize("thought", THOUGHTS)
def test_a_thought_below_a_rule_is_kept(thought: str) -> None:
    assert reply_text(f"{ANSWER}\n\n{thought}\n") == f"{ANSWER}\n\n{thought}"


def test_an_address_that_was_announced_is_kept_below_its_rule() -> None:
    address = "-----\nCarla Costa\n+49 30 1234567"
    assert reply_text(f"{ANSWER} Call:\n{address}\n") == f"{ANSWER} Call:\n{address}"
