"""The story of one mail, from outside: seen as it was meant, fetched from nowhere, answered, and bounced.

What a sender hides in a picture (that and when it was read) stays theirs: a beacon on loopback listens.

Seen to fail: a frame that gives pictures from elsewhere their own address, under a policy that lets it; and
a desk that notes what follows from a mail a second after it was told, while the console asks at once alone.
"""

from __future__ import annotations

import smtplib
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage, Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import parseaddr
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import FrameLocator, Page, expect

from tests.acceptance.browser import chromium
from tests.acceptance.desk import Desk, started
from tests.acceptance.pages import Console
from tests.acceptance.sink import Sink, sink

SUBJECT = "The lamp is broken"
CARLA = "Carla Stone <carla@customer.test>"


class Beacon:
    """A server that a mail names a picture of; `asked` are the paths that anybody fetched."""

    def __init__(self, port: int, asked: list[str]) -> None:
        self.asked = asked
        self.url = f"http://127.0.0.1:{port}/seen.png"


@contextmanager
def beacon() -> Iterator[Beacon]:
    asked: list[str] = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Beacon(server.server_port, asked)
        server.shutdown()
        thread.join(5)


def test_a_mail_is_read_whole_fetches_nothing_and_its_answer_bounces_visibly() -> None:
    with beacon() as far, sink() as relay, started() as desk, chromium() as browser:
        agent = desk.sign_in()
        inbox = next(one for one in agent.get("inboxes").json()["data"] if one["channel"] == "email")
        smtp = {"host": "127.0.0.1", "port": relay.port, "security": "none"}
        changed = agent.patch(f"inboxes/{inbox['id']}", json={"settings": {"smtp": smtp}})
        assert changed.status_code == 200, changed.text

        console = Console(browser.new_context(viewport={"width": 1360, "height": 900}), desk)
        fetched: list[str] = []
        console.page.on("request", lambda request: fetched.append(request.url))
        first = wire(written(far.url))
        deliver(desk, first, "support@localhost", "carla@customer.test")
        console.sees(SUBJECT)
        console.open(SUBJECT)
        frame = console.page.frame_locator("iframe.html-frame")

        sees_the_mail(console.page, frame)
        folds_open_by_key_and_stay(console, frame)
        assert download(console.page).endswith(first)
        pictures_come_through_the_desk_alone(console.page, far, fetched)

        answer = answered(console, relay)
        reply_address = parseaddr(answer["Reply-To"] or answer["From"])[1]
        deliver(desk, wire(bounced(answer, reply_address)), reply_address, "")
        expect(console.timeline.get_by_text("Bounce", exact=True)).to_be_visible()
        expect(console.page.get_by_text("Mail came back")).to_be_visible()
        assert far.asked == []
        desk.stop()


def written(picture: str) -> EmailMessage:
    """A mail with everything: HTML, a picture in it and one elsewhere, signature, history, PDF, Cc."""
    message = EmailMessage()
    message["From"], message["To"], message["Cc"] = (
        CARLA,
        "support@localhost",
        "Dora Fields <dora@customer.test>",
    )
    message["Subject"], message["Message-ID"] = SUBJECT, "<lamp@customer.test>"
    message.set_content("The lamp arrived broken.\n")
    message.add_alternative(
        f"""<p>The <b>desk lamp</b> arrived broken:</p>
        <p><img src="cid:lamp@customer.test" alt="The lamp"></p>
        <p><img src="{picture}" alt="Our banner" width="300" height="60"></p>
        <div class="gmail_signature">-- <br>Stone &amp; Sons</div>
        <div class="gmail_quote"><div>On Fri, 20 Nov 2026 Support wrote:</div>
        <blockquote>Your order has left our house.</blockquote></div>""",
        subtype="html",
    )
    html = message.get_payload()[1]  # type: ignore[index]
    assert isinstance(html, EmailMessage)
    html.add_related(png(8, 4), "image", "png", cid="<lamp@customer.test>")
    message.add_attachment(
        b"%PDF-1.4\n%%EOF\n", maintype="application", subtype="pdf", filename="invoice.pdf"
    )
    return message


def png(width: int, height: int) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = b"".join(b"\x00" + bytes([128]) * width for _ in range(height))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def deliver(desk: Desk, raw: bytes, to: str, sender: str) -> None:
    with smtplib.SMTP("127.0.0.1", desk.smtp_port, timeout=60) as client:
        assert client.sendmail(sender, [to], raw) == {}


def wire(message: Message) -> bytes:
    """The bytes as they travel: every line ends with CR and LF."""
    return b"\r\n".join(message.as_bytes().splitlines()) + b"\r\n"


def sees_the_mail(page: Page, frame: FrameLocator) -> None:
    """Words, the picture in its place, the file, to whom it went; what is quoted and signed is folded."""
    expect(frame.get_by_text("desk lamp")).to_be_visible()
    picture = frame.get_by_alt_text("The lamp")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 8
    expect(frame.get_by_text("Your order has left our house.")).not_to_be_visible()
    expect(frame.get_by_text("Stone & Sons")).not_to_be_visible()
    timeline = page.get_by_role("log", name="Timeline")
    expect(timeline.get_by_text("invoice.pdf")).to_be_visible()
    expect(timeline.get_by_text("to support@localhost · Cc Dora Fields")).to_be_visible()


def folds_open_by_key_and_stay(console: Console, frame: FrameLocator) -> None:
    """One key opens the history, and it is still open when the agent comes back to the ticket."""
    fold = frame.locator("summary", has_text="Quoted text")
    fold.focus()
    fold.press("Enter")
    expect(frame.get_by_text("Your order has left our house.")).to_be_visible()
    console.page.get_by_role("link", name="Mine").click()
    console.page.get_by_role("link", name="All open").click()
    console.open(SUBJECT)
    expect(frame.get_by_text("Your order has left our house.")).to_be_visible()
    expect(frame.get_by_text("Stone & Sons")).not_to_be_visible()


def download(page: Page) -> bytes:
    """The bytes as they came, from the mail's own facts."""
    page.get_by_role("button", name="to support@localhost").click()
    with page.expect_download() as started_download:
        page.get_by_role("log", name="Timeline").get_by_role("link", name="Download original").click()
    path = started_download.value.path()
    return Path(path).read_bytes()


def pictures_come_through_the_desk_alone(page: Page, far: Beacon, fetched: list[str]) -> None:
    """Nothing is asked of the sender's server before a word, then only by the desk, and never on loopback."""
    assert not [url for url in fetched if url.startswith(far.url)]
    with page.expect_response(lambda response: "/api/v1/images?" in response.url) as proxied:
        page.get_by_role("button", name="Show images").click()
    assert proxied.value.status == 404
    expect(page.get_by_role("button", name="Show images")).not_to_be_attached()
    assert not [url for url in fetched if url.startswith(far.url)]
    assert far.asked == []


def answered(console: Console, relay: Sink) -> EmailMessage:
    """The agent answers to Carla with a copy to Dora; the ticket says that the answer has left."""
    expect(console.page.get_by_text("By email to Carla Stone, Cc: Dora Fields")).to_be_visible()
    console.reply("A new one is on its way.")
    answer = relay.next()
    assert "carla@customer.test" in answer["To"]
    assert "dora@customer.test" in answer["Cc"]
    expect(console.timeline.get_by_text("Sent by email")).to_be_visible()
    return answer


def bounced(answer: EmailMessage, to: str) -> MIMEMultipart:
    """What a mail server says of an answer that it could not deliver (RFC 3464)."""
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"], report["To"] = "MAILER-DAEMON@customer.test", to
    report["Subject"], report["Message-ID"] = "Undelivered Mail Returned to Sender", "<dsn@customer.test>"
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText("The mail could not be delivered: no such user.\n"))
    status = Message()
    status.set_payload(
        [
            fields({"Reporting-MTA": "dns; mx.customer.test"}),
            fields(
                {
                    "Final-Recipient": "rfc822; carla@customer.test",
                    "Action": "failed",
                    "Status": "5.1.1",
                    "Diagnostic-Code": "smtp; 550 5.1.1 No such user",
                }
            ),
        ]
    )
    status["Content-Type"] = "message/delivery-status"
    report.attach(status)
    report.attach(MIMEMessage(answer))
    return report


def fields(values: dict[str, str]) -> Message:
    block = Message()
    for name, value in values.items():
        block[name] = value
    return block
