"""The words of a mail: known names are filled in, everything else is literal (security row X6)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connectors.mail.parse import parse
from connectors.outgoing.wording import around, fill, html_of, no_link, quoted_html, quoted_text, text_of
from server.store.outgoing import Told

VALUES = {"agent_name": "Bob", "customer_name": "Carla", "ticket_number": "7"}
EARLIER = (
    Told("Carla", "It still burns.\n> is this a quote?", datetime(2026, 11, 22, 6, 5, tzinfo=UTC)),
    Told("Bob", "Have you <b>tried</b> water?", datetime(2026, 11, 22, 5, tzinfo=UTC)),
)

INJECTIONS = [
    "{{7*7}}",
    "${7*7}",
    "%7B%7B7*7%7D%7D",
    "{% for x in y %}",
    "{{ agent_name.__class__ }}",
    "{{ agent_name|upper }}",
    "{{config}}",
    "{{ ''.__class__.__mro__ }}",
    "{# gone? #}",
    "#{7*7}",
    "{{{7*7}}}",
    "{{" * 10_000,
]


@pytest.mark.parametrize("text", INJECTIONS)
def test_whatever_is_not_a_known_name_stays_as_it_was_written(text: str) -> None:
    assert fill(text, VALUES) == text
    assert text in text_of("Hello", f"{text}\n{{{{reply}}}}", text, VALUES)


def test_a_value_is_not_filled_again() -> None:
    assert fill("{{customer_name}}", {**VALUES, "customer_name": "{{agent_name}}"}) == "{{agent_name}}"


def test_template_and_signature_stand_around_the_reply() -> None:
    template = "Dear {{ customer_name }},\n\n{{ reply }}\n\nAbout #{{ticket_number}}"
    text = text_of("It is {{agent_name}}.", template, "{{agent_name}}\nHelpdesk", VALUES)
    assert text == "Dear Carla,\n\nIt is {{agent_name}}.\n\nAbout #7\n\n-- \nBob\nHelpdesk"
    assert text_of("Hello", "", "", VALUES) == "Hello"
    assert around("no place for it") == ("no place for it", "")


def test_names_are_text_in_html_and_become_no_links() -> None:
    hostile = {**VALUES, "customer_name": '<img src=x onerror=alert(1)> https://evil.example "'}
    html = html_of(
        "<p>reply</p>", "Dear {{customer_name}}, see https://example.test/?a=1&b=2.\n{{reply}}", "", hostile
    )
    assert "<img" not in html
    assert '<a href="https://evil' not in html
    assert '<a href="https://example.test/?a=1&amp;b=2">https://example.test/?a=1&amp;b=2</a>.' in html
    assert "<p>reply</p>" in html


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("https://evil.example/a?b", "https_evil_example/a?b"),
        ("Win at WWW.Evil.Example", "Win at WWW_Evil_Example"),
        ("evil.example", "evil_example"),
        ("evil\u3002example", "evil_example"),
        ("ftp://1.2.3.4", "ftp_1.2.3.4"),
        ("J. R. R. Tolkien", "J. R. R. Tolkien"),
        ("J.R.R. Tolkien, Esq.", "J.R.R. Tolkien, Esq."),
        ("Jürgen Groß-Straßer", "Jürgen Groß-Straßer"),
        ("two\r\nlines", "two lines"),
    ],
)
def test_no_mail_program_makes_a_link_of_a_customers_name(name: str, shown: str) -> None:
    """Security row X4: in plain text as well, where every reader's program looks for addresses."""
    assert no_link(name) == shown
    told = [Told(name, "Hello", datetime(2026, 11, 22, 6, 5, tzinfo=UTC))]
    assert quoted_text(told).startswith(f"On Sun, 22 Nov 2026 at 06:05, {shown} wrote:")


def test_what_was_said_before_is_quoted_level_by_level_and_folds() -> None:
    quoted = quoted_text(EARLIER)
    assert quoted.split("\n") == [
        "On Sun, 22 Nov 2026 at 06:05, Carla wrote:",
        "> It still burns.",
        ">> is this a quote?",
        ">",
        "> On Sun, 22 Nov 2026 at 05:00, Bob wrote:",
        ">> Have you <b>tried</b> water?",
    ]
    mail = f"From: a@b.test\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nNew.\n\n{quoted}\n".encode()
    assert parse(mail).reply_text == "New."
    html = quoted_html(EARLIER)
    assert html.count('<blockquote class="gmail_quote" type="cite"') == 2
    assert "&lt;b&gt;tried" in html
    page = f"From: a@b.test\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>New.</p>{html}\n".encode()
    assert parse(page).reply_text == "New."


def test_a_long_history_is_quoted_as_far_as_it_goes() -> None:
    told = [Told("Carla", "x" * 9_000, datetime(2026, 11, 22, tzinfo=UTC))] * 5
    assert quoted_text(told).count("wrote:") == 2
    assert quoted_text([Told("Carla", "x" * 90_000, datetime(2026, 11, 22, tzinfo=UTC))]) == ""
