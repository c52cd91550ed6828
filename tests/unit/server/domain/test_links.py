"""Links to attachments hold for one file, an hour or two, and nothing that was altered."""

from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from server.domain.links import LASTS_SECONDS, AttachmentLinks

FILE, OTHER = UUID(int=1), UUID(int=2)
NOW = 1_700_000_000.0


def parts(url: str) -> tuple[int, str]:
    query = parse_qs(urlsplit(url).query)
    return int(query["expires"][0]), query["sig"][0]


def test_a_link_holds_at_least_one_hour_and_at_most_two() -> None:
    links = AttachmentLinks(b"key")
    for begun in (NOW, NOW + 1799, NOW + 3599.9):
        expires, signature = parts(links.url(FILE, begun))
        assert links.holds(FILE, expires, signature, begun + 3600)
        assert not links.holds(FILE, expires, signature, begun + LASTS_SECONDS + 0.1)


def test_links_of_one_hour_are_alike() -> None:
    links = AttachmentLinks(b"key")
    hour = NOW - NOW % 3600
    assert links.url(FILE, hour) == links.url(FILE, hour + 3599)


def test_no_part_of_a_link_can_be_changed() -> None:
    links = AttachmentLinks(b"key")
    expires, signature = parts(links.url(FILE, NOW))
    assert not links.holds(OTHER, expires, signature, NOW)
    assert not links.holds(FILE, expires + 3600, signature, NOW)
    assert not links.holds(FILE, expires, signature[:-1], NOW)
    assert not links.holds(FILE, expires, "", NOW)
    assert not AttachmentLinks(b"another").holds(FILE, expires, signature, NOW)


def test_a_signature_of_strange_letters_does_not_hold() -> None:
    links = AttachmentLinks(b"key")
    assert not links.holds(FILE, 1, "ü\ud800", 0)
