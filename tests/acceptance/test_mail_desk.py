"""A mail with a file and an image, from the SMTP port to what agents do with it; a real process."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Callable
from email.message import EmailMessage
from functools import partial
from typing import Any, TypeVar

from tests.acceptance.desk import started
from tests.store.test_search_files import docx, pdf

T = TypeVar("T")


def mail_with_files() -> bytes:
    """What a customer's mail program sends: text, HTML with a remote image, a PDF and a document."""
    mail = EmailMessage()
    mail["From"], mail["To"] = "Dora <dora@customer.test>", "support@localhost"
    mail["Subject"], mail["Message-ID"] = "Two files", "<files@customer.test>"
    mail.set_content("See the files.")
    mail.add_alternative('<p>See the files.<img src="http://127.0.0.1:9/pixel.png"></p>', subtype="html")
    mail.add_attachment(pdf("walrus"), maintype="application", subtype="pdf", filename="a.pdf")
    mail.add_attachment(docx("octopus"), maintype="application", subtype="octet-stream", filename="b.docx")
    return mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def before(look: Callable[[], T | None], seconds: float = 120) -> T:
    """What `look` gives once that is something."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    return found


def test_a_mail_is_found_by_its_files_kept_as_it_came_and_fetches_nothing() -> None:
    raw = mail_with_files()
    with started() as desk:
        admin = desk.sign_in()
        [inbox] = admin.get("inboxes?channel=email").json()["data"]
        with smtplib.SMTP("127.0.0.1", desk.smtp_port, timeout=60) as relay:
            relay.sendmail("dora@customer.test", [inbox["address"]], raw)

        def find(word: str) -> list[Any]:
            found: list[Any] = admin.get("tickets", params={"q": word}).json()["data"]
            return found

        for word in ("walrus", "octopus"):
            assert before(partial(find, word))[0]["subject"] == "Two files"
        ticket = find("walrus")[0]["id"]
        [came] = before(lambda: admin.get(f"tickets/{ticket}/mails").json()["data"])
        assert (came["state"], came["from"]["email"]) == ("done", "dora@customer.test")
        kept = admin.get(desk.url + came["raw_url"])
        assert kept.content.endswith(raw)  # below what was written on it on its way (RFC 5321 §4.4)
        assert kept.headers["content-disposition"].startswith("attachment")
        path = f"tickets/{ticket}/interactions/{came['interaction_id']}/images"
        [link] = admin.get(path).json()["images"].values()
        assert admin.get(desk.url + link).status_code == 404  # it is our own network
        assert admin.get("mails").json()["data"] == []
        assert admin.get("mailboxes").json()["data"] == []
        admin.close()
        rebuilt = desk.run("rebuild")
        assert rebuilt.returncode == 0, rebuilt.stderr
        assert " 0 files read" in rebuilt.stdout + rebuilt.stderr
        desk.stop()
        assert "Traceback" not in desk.log.read_text()
