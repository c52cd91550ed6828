"""How mail is shown: harmless, with history behind a fold and images where they belong."""

from __future__ import annotations

from uuid import UUID

import pytest

from connectors.mail.sanitise import sanitise
from connectors.mail.show import shown_html
from server.domain.inbound import InboundMessage


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("<p onclick=x>hi<script>alert(1)</script></p>", "<p>hi</p>"),
        ('<a href="javascript:x">a</a>', '<a rel="noopener noreferrer nofollow">a</a>'),
        ('<a href=" java\nscript:x">a</a>', '<a rel="noopener noreferrer nofollow">a</a>'),
        ('<img src="https://x.test/a.png">', '<img data-remote-src="https://x.test/a.png">'),
        ('<img src="//x.test/a.png">', "<img>"),
        ('<img src="file:///etc/passwd">', "<img>"),
        ('<img src="data:text/html,x">', "<img>"),
        ("<img alt='> src=\"http://x\"'>", '<img alt="&gt; src=&quot;http://x&quot;">'),
        ('<p style="color:red;position:fixed">x</p>', '<p style="color:red">x</p>'),
        ('<p style="background:url(http://x)">x</p>', "<p>x</p>"),
        ('<svg><a xlink:href="javascript:x"/></svg>', ""),
        ("<form action=x><input></form>y", "y"),
    ],
)
def test_what_is_left_is_harmless(html: str, clean: str) -> None:
    assert sanitise(html) == clean


def test_quotes_are_folded_and_kept() -> None:
    html = "<p>new</p><blockquote>old<blockquote>older</blockquote></blockquote><p>end</p>"
    assert shown_html(InboundMessage(html=html), {}) == (
        '<p>new</p><details class="quote"><summary>…</summary>'
        "<blockquote>old<blockquote>older</blockquote></blockquote>"
        "</details><p>end</p>"
    )


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        (
            '<p>new</p><div class="yahoo_quoted"><p>old</p></div><p>end</p>',
            '<p>new</p><details class="quote"><summary>…</summary><div><p>old</p></div></details><p>end</p>',
        ),
        (
            '<div>new</div><div class="gmail_signature">Carla</div>',
            '<div>new</div><details class="signature"><summary>…</summary><div>Carla</div></details>',
        ),
        (
            '<div>new</div><hr><div id="divRplyFwdMsg"><b>From:</b> Bob</div><div>old</div>',
            '<div>new</div><hr><details class="quote"><summary>…</summary><div><b>From:</b> Bob</div>'
            "<div>old</div></details>",
        ),
        (
            "<div><p>new</p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt;"
            "padding:3.0pt 0cm 0cm 0cm'>"
            "<p>From: Bob</p></div></div><p>old</p></div>",
            '<div><p>new</p><details class="quote"><summary>…</summary><div>'
            '<div style="border:none;border-top:solid #E1E1E1 1.0pt;'
            'padding:3.0pt 0cm 0cm 0cm"><p>From: Bob</p></div>'
            "</div><p>old</p></details></div>",
        ),
        (
            '<div id="divRplyFwdMsg"><b>From:</b> Bob</div><div>forwarded</div>',
            "<div><b>From:</b> Bob</div><div>forwarded</div>",
        ),
        (
            '<blockquote style="margin:0 0 0 40px;border:none;padding:0px">indented</blockquote>',
            '<blockquote style="margin:0 0 0 40px;border:none;padding:0px">indented</blockquote>',
        ),
    ],
)
def test_history_and_signature_are_folded_where_mail_programs_mark_them(html: str, shown: str) -> None:
    assert shown_html(InboundMessage(html=html), {}) == shown


def test_inline_images_point_to_their_attachments() -> None:
    html = '<img alt="x" src="cid:a&amp;b@x"><img src="cid:unknown">'
    shown = shown_html(InboundMessage(html=html), {"a&b@x": UUID(int=5)})
    assert shown == f'<img alt="x" data-attachment-id="{UUID(int=5)}"><img>'


def test_a_plain_mail_without_history_needs_no_html() -> None:
    assert shown_html(InboundMessage(text="just <b>text</b>", reply_text="just <b>text</b>"), {}) is None


def test_the_history_of_a_plain_mail_is_folded() -> None:
    shown = shown_html(InboundMessage(text="new <b>\n\n> old\n", reply_text="new <b>"), {})
    assert shown == (
        '<div style="white-space:pre-wrap">new &lt;b&gt;</div>'
        '<details class="quote"><summary>…</summary>'
        '<div style="white-space:pre-wrap">&gt; old</div></details>'
    )


def test_an_image_is_found_by_its_escaped_name() -> None:
    held = UUID(int=1)
    html = '<p><img src="cid:logo%40desk.test"><img src="cid:other%40desk.test"></p>'
    shown = f'<p><img data-attachment-id="{held}"><img></p>'
    assert shown_html(InboundMessage(html=html), {"logo@desk.test": held}) == shown
