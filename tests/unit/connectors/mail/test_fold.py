"""History in HTML goes behind a fold as the mail programs write it, and the text fold agrees."""

from __future__ import annotations

import re

import pytest

from connectors.mail.parse import parse
from connectors.mail.show import shown_html

WROTE = "On Mon, Nov 2, 2026 at 2:14 PM Bob &lt;<a href='mailto:b@b.test'>b@b.test</a>&gt; wrote:"
FIELDS = (
    "<b>From:</b> Bob &lt;b@b.test&gt;<br><b>Sent:</b> Monday, November 2, 2026 2:14 PM<br>"
    "<b>To:</b> Carla<br><b>Subject:</b> Hello"
)
OLD = "<blockquote>Old</blockquote>"
GMAIL = f"<div class='gmail_quote'><div dir=ltr class='gmail_attr'>{WROTE}<br></div>{OLD}</div>"
SHAPES = {
    "gmail": f"<div dir=ltr>New.</div><br>{GMAIL}",
    "gmail, answered below": f"<div dir=ltr>{GMAIL}<div>New.</div></div>",
    "old gmail": f"New.<div class=gmail_extra><br><div>{WROTE}<br><blockquote>Old</blockquote></div></div>",
    "apple": f"New.<div><blockquote type=cite><div>{WROTE}</div><br><div>Old</div></blockquote></div>",
    "telephone": f"<div>New.<br><br>Sent from my iPhone</div><div><br>{WROTE}<br><br></div>"
    "<blockquote type=cite>Old</blockquote>",
    "thunderbird": f"<p>New.</p><div class=moz-cite-prefix>{WROTE}<br></div>"
    "<blockquote type=cite><p>Old</p></blockquote>",
    "outlook": f"<div><p>New.</p><div style='border:none;border-top:solid #E1E1E1 1.0pt'><p>{FIELDS}</p>"
    "</div><p>Old</p></div>",
    "outlook in the web": f"<div>New.</div><div id=appendonsend></div><hr>"
    f"<div id=divRplyFwdMsg>{FIELDS}</div>Old",
    "outlook in a pocket": "<div>New.</div><div id=ms-outlook-mobile-signature>Get Outlook for iOS</div>"
    f"<div id=divRplyFwdMsg>{FIELDS}</div>Old",
    "windows mail": f"<div>New.</div><div style='border-top-width:1px'><div>{FIELDS}</div></div><br>Old",
    "yahoo": f"<div>New.</div><div class='ydp1yahoo_quoted'><div>{WROTE}</div><div>Old</div></div>",
    "proton": f"<div>New.</div><div class=protonmail_quote>{WROTE}<br><blockquote>Old</blockquote></div>",
    "zoho": "New.<div class=zmail_extra>---- On Mon, 02 Nov 2026 14:14 <b>Bob</b> wrote ----<br></div>"
    "<blockquote>Old</blockquote>",
    "gmx": "<div>New.</div><div name=quote><div><b>Gesendet:</b> 2. November 2026 um 14:14 Uhr<br>"
    "<b>Von:</b> Bob &lt;b@b.test&gt;<br><b>An:</b> Carla<br><b>Betreff:</b> Hallo</div>Old</div>",
    "no marks at all": f"<p>New.</p><p>-----Original Message-----<br>{FIELDS}</p><p>Old</p>",
}


def visible(html: str) -> str:
    unfolded = re.sub(r"<details.*?</details>", "", html, flags=re.DOTALL)
    return re.sub(r"<[^>]*>|&nbsp;|\s", "", unfolded)


@pytest.mark.parametrize("name", SHAPES)
def test_what_was_written_anew_is_all_that_is_seen_at_first(name: str) -> None:
    mail = parse(b"Content-Type: text/html; charset=utf-8\n\n" + SHAPES[name].encode())
    shown = shown_html(mail, {}) or ""
    assert (mail.reply_text, visible(shown)) == ("New.", "New.")
    assert "Old" in shown
    assert shown.count("<details") == shown.count("</details>") > 0


def test_a_mail_that_is_all_quote_is_not_folded() -> None:
    mail = parse(b"Content-Type: text/html\n\n<blockquote>Old</blockquote>")
    assert shown_html(mail, {}) == "<blockquote>Old</blockquote>"


def test_a_fold_never_crosses_an_element() -> None:
    html = f"<div><div>New.<div>{WROTE}</div></div><blockquote>Old</blockquote></div>".encode()
    shown = shown_html(parse(b"Content-Type: text/html\n\n" + html), {}) or ""
    assert visible(shown) == "New."
    assert re.sub(r"</?details[^>]*>|<summary>…</summary>", "", shown).count("</div>") == 3


def test_html_that_says_nothing_stays_as_it_is() -> None:
    mail = parse(b"Content-Type: text/html\n\n<div class=gmail_signature></div>")
    assert shown_html(mail, {}) == "<div></div>"
