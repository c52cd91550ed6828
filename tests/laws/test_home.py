"""Home: a reply to mail that we sent finds its ticket, even with a mangled subject and headers.

Whatever mail programs, forwarders and gateways do on the way, as long as one of the three marks that our
mail carries survives: the reply address, the ids, the token in the subject. And the other way round: what
carries a mark that somebody made up does not come home. Seen to fail when the ids of References are not
looked up, and when the token of a subject is compared as it is written.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from connectors.inbound.reading import read_mail
from connectors.mail.address import reply_address, subject_token
from connectors.mail.compose import Outgoing, compose
from connectors.mail.parse import parse
from server.domain.inbound import Person
from server.intake.choice import Begin, Continue, choose
from server.store.mail_people import MailInbox, Own
from server.store.mails import Envelope, KnownId, KnownTicket, RawMail
from tests.laws.budget import examples

SECRET, OURS, INBOX = b"a secret", UUID(int=1), UUID(int=2)
CARLA, STRANGER = UUID(int=10), UUID(int=11)
ADDRESS = "support@example.test"
TICKET = KnownTicket(UUID(int=20), 42, CARLA, "open")
OTHER = KnownTicket(UUID(int=21), 43, STRANGER, "open")
OWN = Own({INBOX: MailInbox(INBOX, ADDRESS)})
SENT_ID = f"{TICKET.id.hex}.2@desk.test"
IDS = {SENT_ID: KnownId(TICKET, None, outgoing=True)}
TICKETS = {42: TICKET, 43: OTHER}

PREFIXES = st.sampled_from(["Re: ", "AW: ", "Antw: RE: ", "[EXTERN] Re: ", "回复: ", "Fwd: ", ""])
NOISE = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=30)
FOREIGN = st.lists(st.sampled_from(["a@x.test", "b.c@y.test", "not an id", "<<>>"]), max_size=4)


def ours() -> bytes:
    """The mail that left."""
    return compose(
        Outgoing(
            sender=Person("Support", ADDRESS),
            to=Person("Carla", "carla@customer.test"),
            subject=f"Re: Printer {subject_token(SECRET, OURS, TICKET.number)}",
            text="Is it on?",
            date=datetime(2026, 11, 22, tzinfo=UTC),
            message_id=SENT_ID,
            reply_to=reply_address(ADDRESS, SECRET, OURS, TICKET.number),
        )
    )


SENT = parse(ours())


def arrived(to: str, subject: str, ids: list[str]) -> RawMail:
    references = "".join(f"\r\n <{known}>" for known in ids)
    head = f"From: Carla <carla@customer.test>\r\nTo: {to}\r\nMessage-ID: <answer@customer.test>\r\n"
    named = f"References:{references}\r\n" if ids else ""
    raw = f"{head}{named}Subject: {subject}\r\n\r\nYes.\r\n".encode()
    return RawMail(OURS, UUID(int=3), INBOX, Envelope(), raw, datetime(2026, 11, 22, tzinfo=UTC), 1)


@st.composite
def replies(draw: st.DrawFn) -> RawMail:
    """An answer to our mail that has lost some of its marks, and not all of them."""
    kept = draw(st.sets(st.sampled_from(["address", "ids", "subject"]), min_size=1))
    [reply_to] = SENT.reply_to
    address = draw(st.sampled_from([reply_to.email, reply_to.email.upper(), f"<{reply_to.email}>"]))
    to = address if "address" in kept else draw(st.sampled_from([ADDRESS, "undisclosed-recipients:;", ""]))
    ids = draw(FOREIGN)
    if "ids" in kept:
        ids.insert(draw(st.integers(0, len(ids))), SENT.message_id or "")
    token = SENT.subject[SENT.subject.index("[#") :]
    token = draw(st.sampled_from([token, token.upper(), f"{token[:6]}\r\n {token[6:]}"]))
    subject = f"{draw(PREFIXES)}{draw(NOISE)} {token} {draw(NOISE)}" if "subject" in kept else draw(NOISE)
    return arrived(to, subject, ids)


@given(replies())
@examples(300)
def test_a_reply_comes_home_by_any_mark_that_is_left(mail: RawMail) -> None:
    each = read_mail(mail, [SECRET])
    assert choose(each, CARLA, TICKETS, IDS, OWN) == Continue(TICKET)


@given(replies(), st.sampled_from([b"another secret", b""]))
@examples(100)
def test_a_mark_that_we_did_not_sign_leads_nowhere(mail: RawMail, secret: bytes) -> None:
    each = read_mail(mail, [secret])
    found = choose(each, CARLA, TICKETS, {}, OWN)
    assert found == Begin()


@given(replies())
@examples(100)
def test_a_stranger_comes_in_by_the_reply_address_alone_and_is_marked(mail: RawMail) -> None:
    each = read_mail(mail, [SECRET])
    expected = Begin() if each.number is None else Continue(TICKET, other=True)
    assert choose(each, STRANGER, TICKETS, IDS, OWN) == expected
