"""Mails that are made to cost more than they are (rows M7 and M8 of the security checklist)."""

from __future__ import annotations

HEAD = b"From: a@b.test\r\nContent-Type: text/plain\r\n"
PLAIN = HEAD + b"\r\n"
HTML = PLAIN.replace(b"plain", b"html")
MIXED = b"From: a@b.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
REPORT = PLAIN.replace(b"a@b", b"mailer-daemon@b")
ENCODED = b"From: a@b.test\r\nContent-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
QUOTED = HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
MEGABYTE = 1_000_000


def repeated(piece: bytes, size: int = MEGABYTE) -> bytes:
    return piece * (size // len(piece))


def structures() -> dict[str, bytes]:
    """Parts, levels, headers and lines without number (M7)."""
    levels = (b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(1000))
    return {
        "10 000 parts": MIXED + b"--b\r\n\r\nx\r\n" * 10_000,
        "1 000 levels": b"".join(levels),
        "boundaries only": MIXED + repeated(b"\n--b"),
        "boundaries with long ends": MIXED + (b"\n--b" + b" " * 5000 + b"x") * 400,
        "1 MB header": b"Subject: " + b"x" * MEGABYTE + b"\r\n\r\nx",
        "folded header": b"Subject: " + repeated(b"\r\n x") + b"\r\n\r\nx",
        "100 000 headers": b"X-A: b\r\n" * 100_000 + b"\r\nx",
        "encoded words": b"Subject: " + b"=?" * MEGABYTE + b"\r\n\r\nx",
        "whole encoded words": b"Subject: " + b"=?utf-8?q?a?= " * 70_000 + b"\r\n\r\nx",
        "50 MB base64": ENCODED + b"QUJD" * 12_500_000,
        "50 MB line": PLAIN + b"x" * 50_000_000,
        "soft line breaks": QUOTED + repeated(b"=\r\n"),
        "addresses": b"To: " + b"a@b, " * 20_000 + b"\r\n\r\n",
        "quotes in an address": b"To: " + b'"\\' * 30_000 + b"\r\n\r\n",
        "unclosed quotes": b"To: " + b'"a ' * 30_000 + b"\r\n\r\n",
        "comments": b"To: " + b"(" * 60_000 + b"\r\n\r\n",
        "parameters": b"Content-Type: text/plain" + b"; a*0*=x" * 8000 + b"\r\n\r\nx",
        "references": b"References: " + b"<a@b> " * 10_000 + b"\r\n\r\nx",
        "calendar folds": b"Content-Type: text/calendar\r\n\r\nBEGIN:VEVENT\nSUMMARY:x\n" + repeated(b"\n x"),
        "packed lengths": ENCODED.replace(b"zip", b"ms-tnef") + b"eJ8+IgEA" + repeated(b"AQAA"),
    }


def texts() -> dict[str, bytes]:
    """A megabyte of what quotes and reports are recognised by (M8)."""
    pieces = {
        "quote marks": b">",
        "openers": b"On ",
        "bq": b"bq",
        "spaces before line ends": b" " * 50 + b"\r\n",
        "one line of spaces": b" ",
        "dashes": b"--\r\n",
        "rules": b"________________________\n\n",
        "fields": b"From: x\r\n",
        "header blocks": b"From: x\nSent: y\nTo: a@b.c\n",
        "attributions": b"On 1.1.2026 10:00 x wrote\r\n",
        "attributions with addresses": b"On 1.1.2026 10:00 x <a@b.c> wrote:\nx\n",
        "attributions without dates": b"Bob wrote:\n",
        "colons": b"a@b 10:00:\r\n",
        "telephones": b"Sent from my a b c d e f g\n\n",
        "signatures": b"-- \nx\n",
        "flowing": b"x \n",
    }
    reports = {
        "reasons": b"user @ recipient following failed account ",
        "domains": b"a.b.c.d.e.f.g@h.i.j.k.l.m.n.o.p.q ",
        "empty lines": b"failed:\n\n",
    }
    return {
        **{f"text of {name}": PLAIN + repeated(piece) for name, piece in pieces.items()},
        **{f"report of {name}": REPORT + repeated(piece) for name, piece in reports.items()},
        "telephone in one line": PLAIN + b"Sent from my " + repeated(b"a "),
    }


def pages() -> dict[str, bytes]:
    """A megabyte of HTML that parsers and sanitisers are slow at (M8)."""
    names = ("div", "b", "blockquote", "table><tr><td", "a href=x", "!--", "/b", "p style='color:red'")
    formatted = b"".join(b"<b id=%d>" % number for number in range(99))
    history = b"<p>a</p>" + b'<div id="divRplyFwdMsg">a</div>'
    return {
        **{f"html of {name}": HTML + repeated(b"<%s>" % name.encode()) for name in names},
        "formatting and blocks": HTML + formatted + b"<p>x</p>" * 90_000,
        "quotes side by side": HTML + repeated(b"<blockquote>x</blockquote>"),
        "history again and again": HTML + repeated(history),
        "images": HTML + repeated(b'<img src="https://x.test/a.png"><img src="cid:x">'),
        "styles": HTML + b"".join(b'<p style="width:%dpx">x</p>' % number for number in range(30_000)),
        "attributes": HTML + b"<p " + repeated(b"a=b ") + b">x",
    }
