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
)
HUMAN_SUBJECTS = (
    "Re: Out of Office",
    "AW: Abwesenheitsnotiz",
    "Autosvar virker ikke",
    "Отсутствует одна лампа",
    "The lamp is away",
)
AUTOMATIC_FIELDS = (
    "X-Post-MessageClass: 9; Autoresponder",
    "Delivered-To: Autoresponder",
    "X-Mailer: Vacation 1.2",
    "X-Mailer: Our little Autoresponder",
    "X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent",
    "X-MS-Exchange-Inbox-Rules-Loop: carla@customer.test",
    "X-Bluebottle-Request: <1>",
    "X-Apple-Action: VACATION",
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


@pytest.mark.parametrize("field", AUTOMATIC_FIELDS)
def test_a_field_tells_an_answering_machine(field: str) -> None:
    assert read(field=field).mail_class == "auto_reply"


def test_an_address_that_begins_like_automatic_is_none() -> None:
    assert read(field="Delivered-To: autos@parley.test").mail_class == "human"


def test_a_list_server_of_its_own_kind_is_a_list() -> None:
    assert read(field="X-MLServer: fml").mail_class == "list"


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
