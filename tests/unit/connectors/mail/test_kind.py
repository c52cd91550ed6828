"""Who wrote a mail: what machines put into fields and subjects, and what people write that is like it."""

from __future__ import annotations

import pytest

from connectors.mail.parse import parse
from server.domain.inbound import InboundMessage

AUTOMATIC_SUBJECTS = (
    "Carla Costa is out of the office.",
    "Carla Costa ist außer Haus",
    "Ausser Haus: Lampe",
    "Ich bin bis Montag nicht im Büro",
    "Ungelesen: Lampe",
    "Not read: Lamp",
    "Non lu : lampe",
    "Læst: lampe",
    "Okundu: lamba",
    "Je suis absente",
    "Assenza: lampada",
    "Ausente: lámpara",
    "Frånvarande: lampa",
    "Poza biurem: lampa",
    "Szabadságon vagyok",
    "Re: Lamp (Automatic Response)",
    "회신: 자동 회신: 램프",
    "complaint about message from 192.0.2.1",
    "Out of Office until Monday",
    "Out of the office from 3 to 9 May",
    "Auto-Reply from Carla",
    "Carla Costa is out of the office (returning 3 May)",
    "AUTO: Costa, Carla is out of the office. (returning 3 May)",
    "[AUTO GENERATED] Lamp",
    "Nieobecność: lampa",
    "【自動返信】ランプ",
)
HUMAN_SUBJECTS = (
    "Re: Out of Office",
    "AW: Abwesenheitsnotiz",
    "Autosvar virker ikke",
    "Отсутствует одна лампа",
    "The lamp is away",
    "Out of office lamps",
    "Out of office message not working",
    "Automatic reply setup: where is it?",
    "Auto: does the lamp fit a car?",
    "I am away from home, can the lamp come on Friday?",
    "I am out of lamps",
    "Je suis absente le jour de la livraison",
    "Ich bin im Urlaub, bitte später liefern",
    "Abwesenheit von Frau Meier",
    "Ausencia de una lámpara",
    "Отсутствие на складе",
    "自動返信が届かない",
)
# What people write of things that did not arrive, as reports begin as well.
LOST = (
    "Undelivered lamp",
    "Delivery failed: lamp",
    "Delivery status of my lamp",
    "Delivery problem",
    "Failed to send invoice",
    "Email not received",
    "Your message is not clear to me",
    "Mail error when I log in",
    "Bounce rate of the newsletter",
    "An error in my invoice",
    "Virus found on your website",
    "User unknown when I log in",
    "Zustellung meiner Lampe",
    "Возврат лампы",
    "Zwrot lampy",
    "退信怎么办",
)
AUTOMATIC_FIELDS = (
    "X-Post-MessageClass: 9; Autoresponder",
    "Delivered-To: Autoresponder",
    "X-Mailer: Vacation 1.2",
    "X-Mailer: Our little Autoresponder",
    "X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent",
    "X-MS-Exchange-Inbox-Rules-Loop: carla@customer.test\nX-Auto-Response-Suppress: All",
    "X-Bluebottle-Request: <1>",
    "X-Apple-Action: VACATION",
    "X-Ticket-System-Auto-Generated: marked",
    "X-Shop-Autoreply: yes",
    "X-Automatic-Reply: 1",
)


def read(
    subject: str = "Lamp", text: str = "Back on Monday.", field: str = "X-Other: 1", sender: str = ""
) -> InboundMessage:
    head = f"From: {sender or 'carla@customer.test'}\nTo: desk@parley.test\nSubject: {subject}\n{field}\n"
    return parse(f"{head}Content-Type: text/plain; charset=utf-8\n\n{text}\n".encode())


@pytest.mark.parametrize("subject", AUTOMATIC_SUBJECTS)
def test_a_subject_tells_an_answering_machine(subject: str) -> None:
    assert read(subject).mail_class == "auto_reply"


@pytest.mark.parametrize("subject", HUMAN_SUBJECTS)
def test_a_subject_that_only_mentions_a_machine_is_a_persons(subject: str) -> None:
    assert read(subject).mail_class == "human"


@pytest.mark.parametrize("subject", LOST)
def test_a_person_whose_parcel_or_mail_was_lost_is_no_mail_system(subject: str) -> None:
    lost = "The lamp could not be delivered, since the address does not exist. Your message said so."
    assert read(subject, lost).mail_class == "human"
    mine = "Hello,\n\nmy mail to shop@parley.test was not delivered: 550 5.1.1 user unknown"
    assert read(subject, mine).mail_class == "human"
    quoted = "We get this when we write to you:\n\n> <shop@parley.test>: 550 5.1.1 user unknown"
    assert read(subject, quoted).mail_class == "human"


@pytest.mark.parametrize(
    "subject", ["Undelivered Mail Returned to Sender", "failure notice", "Returned mail: Host unknown"]
)
def test_a_subject_that_nobody_writes_is_a_mail_systems_unless_a_person_greets(subject: str) -> None:
    assert read(subject, "It bounced.").mail_class == "bounce"
    assert read(subject, "Hello,\n\nwhat is that?").mail_class == "human"
    assert read(f"Re: {subject}", "It bounced.").mail_class == "human"


def test_a_mail_from_nobody_is_a_machines() -> None:
    assert read(sender="<>").auto == "null-sender"
    assert read("Lamp", "The message could not be delivered to k@isp.test", sender="<>").bounce is not None


def test_a_postmaster_with_a_name_who_answers_is_a_person() -> None:
    text = "The recipient address was rejected by our gateway, which is mended now."
    field = "In-Reply-To: <1@parley.test>"
    assert read("Re: Lamp", text, field, "Bob Bauer <postmaster@isp.test>").mail_class == "human"
    assert read("Re: Lamp", text, field, "Mail System <postmaster@isp.test>").mail_class == "bounce"


def test_a_report_that_does_not_say_of_what_is_a_machines() -> None:
    raw = b"From: mta@isp.test\nContent-Type: multipart/report; boundary=b\n\n--b\n\nWell.\n--b--\n"
    assert parse(raw).auto == "report"


def test_a_receipt_that_is_the_whole_mail_is_a_machines() -> None:
    raw = b"From: c@isp.test\nContent-Type: message/disposition-notification\n\nDisposition: displayed\n"
    assert parse(raw).auto == "receipt"


@pytest.mark.parametrize("field", AUTOMATIC_FIELDS)
def test_a_field_tells_an_answering_machine(field: str) -> None:
    assert read(field=field).mail_class == "auto_reply"


@pytest.mark.parametrize(
    "field",
    [
        "Delivered-To: autos@parley.test",
        "X-Shop-Autoreply: no",
        "X-Auto-Response-Suppress: All",
        "Autocrypt: a=1",
    ],
)
def test_a_field_that_is_like_automatic_is_none(field: str) -> None:
    assert read(field=field).mail_class == "human"


def test_the_address_that_failed_is_the_one_that_was_written_to_when_the_final_one_is_a_systems_own() -> None:
    raw = (
        b"From: mta@isp.test\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        b"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; isp.test\n\n"
        b"Original-Recipient: rfc822;<k@isp.test>\nFinal-Recipient: LOCAL;<k>\nAction: failed\n\n--b--\n"
    )
    bounce = parse(raw).bounce
    assert bounce is not None
    assert bounce.recipient == "k@isp.test"


def test_a_list_server_of_its_own_kind_is_a_list() -> None:
    assert read(field="X-MLServer: fml").mail_class == "list"


@pytest.mark.parametrize(
    "field", ["X-MS-Exchange-Inbox-Rules-Loop: desk@shop.example", "X-Autogenerated: Mirror"]
)
def test_a_mail_that_a_rule_passed_on_is_its_authors(field: str) -> None:
    found = read(field=field)
    assert (found.mail_class, found.auto) == ("human", None)


def test_a_complaint_without_its_type_is_a_machines() -> None:
    raw = (
        b"From: abuse@isp.test\nSubject: FW: Lamp\nContent-Type: multipart/mixed; boundary=b\n\n"
        b"--b\nContent-Type: text/plain\n\nSomebody complained.\n"
        b"--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n\n--b--\n"
    )
    assert parse(raw).auto == "feedback"


def test_an_internationalised_report_is_a_bounce() -> None:
    raw = (
        b"From: mta@isp.test\nSubject: Lamp\nContent-Type: multipart/mixed; boundary=b\n\n"
        b"--b\nContent-Type: text/plain\n\nIt did not work.\n"
        b"--b\nContent-Type: message/global-delivery-status\n\n"
        b"Reporting-MTA: dns; isp.test\n\nFinal-Recipient: utf-8; k@isp.test\n"
        b"Action: failed\nStatus: 5.1.1\n\n--b--\n"
    )
    bounce = parse(raw).bounce
    assert bounce is not None
    assert (bounce.recipient, bounce.status) == ("k@isp.test", "5.1.1")


@pytest.mark.parametrize(
    ("sender", "subject", "text", "recipient", "status"),
    [
        ("a@isp.test", "メールエラー", "送信できません\n\nk@isp.test\nmailbox full", "k@isp.test", "5.2.2"),
        ("postmaster@isp.test", "来自isp.test的退信", "邮件无法发送到 k@isp.test", "k@isp.test", ""),
        (
            "mailer-daemon@isp.test", "Undelivered", "Undeliverable Address: k@isp.test\n\n"
            "The recipient is over quota.\n\nAsk postmaster@isp.test", "k@isp.test", "5.2.2",
        ),
        (
            "clerk@isp.test", "RE: Lamp (delivery failed)",
            "Your message could not be delivered to\nk@isp.test\n\nUser not known", "k@isp.test", "5.1.1",
        ),
        (
            "postmaster@isp.test", 'FAILED MAIL to "k"',
            "Failed recipient: k@isp.test\nRemote host said: 550 unknown user", "k@isp.test", "5.1.1",
        ),
        (
            "clerk@isp.test", "Non-Delivery: Lamp",
            "The mail below, an email below, could not be delivered to:\n\nk@isp.test", "k@isp.test", "",
        ),
        ("MAILER-DAEMON <>", "Lamp", "配送に失敗しました\nk@isp.test 550", "k@isp.test", "5.0.0"),
        (
            "filter@isp.test", "**Message you sent blocked by our filter**",
            "Your message to k@isp.test was blocked. It has NOT BEEN DELIVERED.", "k@isp.test", "5.7.1",
        ),
        (
            "post_master@isp.test", "Re: Lamp",
            "Error: no such user\n\nMAIL FROM: c@parley.test\nRCPT TO: k@isp.test", "k@isp.test", "5.1.1",
        ),
        (
            "admin@isp.test", "Delivery Status Notification (Failure)",
            "Delivery to this recipient failed:\n\n  k@isp.test", "k@isp.test", "",
        ),
        (
            "mta@isp.test", "Non remis : lampe",
            "Votre message n'a pas pu être remis à :\n\nk@isp.test\nAdresse introuvable",
            "k@isp.test", "5.1.1",
        ),
        (
            "postmaster@isp.test", "Undeliverable: Lamp",
            "Your message did not reach:\n\nc=DE;a= ;p=ISP;dda:SMTP=k@isp.test; on Friday\n"
            "    The recipient name is not recognized", "k@isp.test", "5.1.1",
        ),
        (
            "postmaster@isp.test", "Unzustellbar: Lampe",
            "Fehler bei der Nachrichtenzustellung an folgende Empfänger:\n\nk@isp.test\n"
            "Die Adresse wurde nicht gefunden.", "k@isp.test", "5.1.1",
        ),
    ],
)  # fmt: skip
def test_a_mail_system_of_its_own_kind_is_understood(
    sender: str, subject: str, text: str, recipient: str, status: str
) -> None:
    bounce = read(subject, text, sender=sender).bounce
    assert bounce is not None
    assert (bounce.recipient, bounce.status) == (recipient, status)
