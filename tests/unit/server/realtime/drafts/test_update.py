"""Updates are read from end to end before they are merged: what no reply has is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Doc, Text, XmlElement, XmlFragment, XmlText

from server.domain.errors import Invalid, Refusal, TooLarge
from server.realtime.drafts import document
from server.realtime.drafts.document import Document
from server.realtime.drafts.update import measure, parse_state
from tests.laws.budget import examples


def written(*texts: str, client: int = 7) -> list[bytes]:
    """The updates of somebody who writes these, one after the other."""
    updates: list[bytes] = []
    doc: Doc = Doc(client_id=client)  # type: ignore[type-arg]
    text = doc.get("reply", type=Text)
    doc.observe(lambda event: updates.append(event.update))
    for one in texts:
        text.insert(len(str(text)), one)
    return updates


def paragraph(client: int = 5) -> bytes:
    """What Tiptap writes: a paragraph with an attribute and a text."""
    doc: Doc = Doc(client_id=client)  # type: ignore[type-arg]
    reply = doc.get("reply", type=XmlFragment)
    reply.children.append(XmlElement("paragraph", {"align": "left"}, [XmlText("Hello é世💡")]))
    return doc.get_update()


def test_a_reply_is_measured() -> None:
    extent = measure(paragraph())
    assert (extent.types, extent.begins, extent.ends) == (2, {5: 0}, {5: 13})
    assert extent.follows({}) and not extent.is_in({}) and extent.is_in({5: 13})
    later = measure(written("a", "b")[1])
    assert later.begins == {7: 1} and not later.follows({}) and later.follows({7: 1})


@pytest.mark.parametrize(
    "update",
    [
        b"",
        b"\xff\xff\xff",
        b"\0",
        b"\0\0\0",
        b"\xff\xff\xff\xff\7\0\0\0",  # so many clients
        b"\1\xff\xff\xff\xff\7\5\0\0",  # so many pieces
        b"\0\1\5\1\0\xff\xff\xff\xff\x7f",  # so much deleted
        b"\1\1\5\0\4\1\5other\1a\0",  # another root
        b"\1\1\5\0\4\1\5reply\0\0",  # of no length
        b"\1\1\5\0\4\1\5reply\1\xff\0",  # not UTF-8
        b"\1\1\5\0\3\1\5reply\1a\0",  # a binary
        b"\1\1\5\0\x09\1\5reply\1a\x7e\0",  # a document in the document
        b"\1\1\5\0\7\1\5reply\1\0",  # a map
        b"\1\1\5\0\x08\1\5reply\1" + b"\x75\1" * 30_000 + b"\x7e\0",  # would end the process
        b"\1\1\5\xff\xff\xff\xff\7\4\1\5reply\1a\0",  # beyond the last clock
    ],
)
def test_what_no_reply_has_is_refused(update: bytes) -> None:
    with pytest.raises(Invalid):
        measure(update)
    draft = Document()
    with pytest.raises(Invalid):
        draft.take(update)
    assert parse_state(draft.state()) == {}


def test_what_was_taken_is_no_news_again() -> None:
    one, two = written("Hello", " Vic")
    draft = Document()
    assert draft.take(two) is None  # what comes before it is missing
    assert draft.take(one) == [one]
    assert draft.take(one) == []
    assert draft.take(two) == [two]
    assert parse_state(draft.state()) == {7: 9}
    again = Document()
    assert again.take_all({"b": two, "a": one}) == ([one, two], set())
    assert again.take_all({"c": written("x", "y", client=8)[1], "bad": b"\xff"}) == ([], {"c"})
    packed = draft.packed()
    assert packed is not None and Document().take(packed) == [packed]


def test_bounds_hold_whatever_the_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document, "MAX_BYTES", 400)
    draft = Document()
    with pytest.raises(TooLarge):
        for client in range(1, 100):
            for update in written("some words", client=client):
                draft.take(update)
    small = Document()
    for update in written(*"a" * 300):  # three kilobytes in pieces, and one when whole
        assert small.take(update)
    crowd = b"".join(bytes((1, 0x80 | n % 128, 1 + n // 128, 0)) + b"\4\1\5reply\1z" for n in range(1001))
    monkeypatch.setattr(document, "MAX_BYTES", 1024 * 1024)
    with pytest.raises(TooLarge):
        Document().take(b"\xe9\7" + crowd + b"\0")
    monkeypatch.setattr(document, "MAX_BYTES", 400)
    monkeypatch.setattr(document, "MAX_TYPES", 2)
    with pytest.raises(TooLarge):
        for client in (1, 2):
            small.take(paragraph(client))


MADE = [paragraph(), *written("Hello", " Vic", "!"), *written("é世💡", client=300)]


@examples(300)
@given(
    st.sampled_from(MADE),
    st.lists(st.tuples(st.integers(0, 200), st.integers(0, 255)), max_size=4),
    st.booleans(),
)
def test_broken_bytes_are_refused_or_merged_whole(
    base: bytes, blows: list[tuple[int, int]], cut: bool
) -> None:
    draft = Document()
    for update in MADE:
        draft.take(update)
    broken = bytearray(base)
    for at, byte in blows:
        broken[at % len(broken)] = byte
    before = draft.whole()
    try:
        taken = draft.take(bytes(broken[:-1] if cut else broken))
    except Refusal:
        taken = None
    if not taken:
        assert parse_state(draft.state()) == parse_state(made_of(before).state())
    for update in MADE:
        assert draft.take(update) == []


def made_of(update: bytes) -> Document:
    draft = Document()
    draft.take(update)
    return draft
