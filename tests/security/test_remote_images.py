"""Rows F1, F2 and X7 through the proxy of remote images.

Nothing is fetched before an agent asks, nothing from inside ever, and what comes back is a raster image.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID

import pytest

from connectors.fetch.fetch import Fetcher
from connectors.fetch.images import MAX_IMAGE_BYTES, RemoteImages
from connectors.mail.sanitise import sanitise
from server.clock import new_id, now
from server.domain.commands import Envelope, NewInteraction, OpenTicket
from server.store.pool import Store
from tests.http_desk import HttpDesk, serving
from tests.security.test_fetching import INSIDE, Answer, inside, loop_home, outside_is

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 50
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def saying(body: bytes, kind: str = "image/png", status: str = "200 OK") -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        writer.write(head.encode() + b"Set-Cookie: a=b\r\n\r\n" + body)
        await writer.drain()

    return answer


@asynccontextmanager
async def desk_that_reaches(store: Store, folder: Path, *addresses: str) -> AsyncIterator[HttpDesk]:
    """A desk whose Internet are these addresses, on any port."""
    fetcher = Fetcher(outside_is(*addresses), ports=None)
    try:
        async with serving(store, folder, fetch_image=RemoteImages(fetcher).get) as desk:
            yield desk
    finally:
        await fetcher.close()


async def mail_with(desk: HttpDesk, html: str) -> tuple[UUID, UUID]:
    """Ticket and interaction of a mail with this HTML, sanitised as it is when a mail comes in."""
    people, said = desk.people, new_id()
    first = NewInteraction(said, "message", "See the images", sanitise(html))
    opened = OpenTicket(new_id(), people.mail, "email", people.carla.id, "Images", first)
    await desk.state.handle.submit(Envelope(people.carla, opened))
    return opened.ticket_id, said


async def links_of(desk: HttpDesk, html: str) -> dict[str, str]:
    ticket, said = await mail_with(desk, html)
    answer = await desk.bob.get(f"/tickets/{ticket}/interactions/{said}/images")
    assert answer.status_code == 200, answer.text
    images: dict[str, str] = answer.json()["images"]
    return images


async def test_an_image_is_fetched_when_asked_for_and_tells_nothing_of_the_reader(
    store: Store, tmp_path: Path
) -> None:
    async with inside(saying(PNG)) as (port, asked), desk_that_reaches(store, tmp_path, "127.0.0.1") as desk:
        remote = f"http://127.0.0.1:{port}/logo.png?a=1&b=2"
        links = await links_of(desk, f'<p>Hi <img src="{remote.replace("&", "&amp;")}"></p>')
        assert list(links) == [remote]
        assert asked == []
        reader = {"cookie": "session=secret", "referer": "http://desk.test/tickets/1", "user-agent": "Bob's"}
        for _ in range(2):
            answer = await desk.nobody.get("/" + links[remote], headers=reader)
            assert (answer.status_code, answer.content) == (200, PNG)
        headers = answer.headers
        assert (headers["content-type"], headers["x-content-type-options"]) == ("image/png", "nosniff")
        assert headers["content-security-policy"].startswith("default-src 'none'; sandbox;")
        assert "set-cookie" not in headers
        [once] = asked  # the second came from memory
        for told in (b"cookie", b"referer", b"bob", b"desk.test", b"203.0.113"):
            assert told not in once.lower()


@pytest.mark.parametrize(
    "answer",
    [
        saying(SVG, "image/svg+xml"), saying(SVG), saying(b"<html>"), saying(b""),
        saying(PNG, status="404 No"), saying(b"root:x:0:0:"), saying(PNG + b"x" * MAX_IMAGE_BYTES), loop_home,
    ],
)  # fmt: skip
async def test_only_raster_images_of_a_bounded_size_come_back(
    store: Store, tmp_path: Path, answer: Answer
) -> None:
    async with inside(answer) as (port, asked), desk_that_reaches(store, tmp_path, "127.0.0.1") as desk:
        [link] = (await links_of(desk, f'<img src="http://127.0.0.1:{port}/x">')).values()
        refused = await desk.nobody.get("/" + link)
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
        assert asked


async def test_nothing_inside_is_asked_and_every_refusal_reads_the_same(store: Store, tmp_path: Path) -> None:
    """Row F1: every spelling of our own network, in one mail."""
    async with (
        inside(saying(PNG)) as (port, asked),
        desk_that_reaches(store, tmp_path, "203.0.113.1") as desk,
    ):
        html = "".join(f'<img src="http://{host}:{port}/">' for host in INSIDE)
        links = await links_of(desk, html)
        assert len(links) > len(INSIDE) // 2  # the sanitiser leaves out what is no URL
        said = set()
        for link in links.values():
            refused = (await desk.nobody.get("/" + link)).json()
            refused.pop("request_id")
            said.add(str(refused))
        assert len(said) == 1
        assert asked == []


async def test_only_what_stands_in_a_mail_is_signed_and_only_what_is_signed_is_fetched(
    store: Store, tmp_path: Path
) -> None:
    async with inside(saying(PNG)) as (port, asked), desk_that_reaches(store, tmp_path, "127.0.0.1") as desk:
        shown, other = f"http://127.0.0.1:{port}/shown", f"http://127.0.0.1:{port}/other"
        link = (await links_of(desk, f'<img src="{shown}">'))[shown]
        part = dict(pair.split("=", 1) for pair in link.partition("?")[2].split("&"))
        wrong = [
            link.replace("shown", "other"),
            link.replace(part["interaction"], str(new_id())),
            link.replace(part["expires"], str(int(part["expires"]) + 1)),
            link.replace(part["sig"], "A" * len(part["sig"])),
            "/api/v1/images?" + urlencode({"url": other, "interaction": new_id(), "expires": 1, "sig": "x"}),
        ]
        for each in wrong:
            assert (await desk.nobody.get("/" + each)).status_code == 404
        assert asked == []
        old = desk.state.image_links.url(new_id(), shown, now().timestamp() - 3 * 3600)
        assert (await desk.nobody.get("/" + old)).status_code == 404
        assert asked == []


async def test_a_mail_that_looks_like_a_sanitised_one_gets_nothing_signed(
    store: Store, tmp_path: Path
) -> None:
    """Row X7: what names a file, a script or our own marks in its HTML is not asked for."""
    html = (
        '<img src="file:///etc/passwd"><img src="php://filter"><img src="javascript:x"><img src="//x.test/a">'
        '<p title=" data-remote-src=&quot;http://x.test/forged&quot;">x</p>'
        '<a data-remote-src="http://x.test/link">x</a> data-remote-src="http://x.test/text"'
    )
    async with serving(store, tmp_path) as desk:
        links = await links_of(desk, html)
        assert "http://x.test/forged" not in links
        assert "http://x.test/link" not in links
        assert "http://x.test/text" not in links
        assert all(link.startswith(("http://", "https://")) for link in links)


async def test_the_images_of_a_ticket_are_its_agents_own(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        ticket, said = await mail_with(desk, '<img src="http://x.test/a.png">')
        elsewhere, _ = await mail_with(desk, "<p>none</p>")
        for who in (desk.olga, desk.charlie, desk.vic):
            assert (await who.get(f"/tickets/{ticket}/interactions/{said}/images")).status_code == 404
        assert (await desk.bob.get(f"/tickets/{elsewhere}/interactions/{said}/images")).status_code == 404
        assert (await desk.lou.get(f"/tickets/{ticket}/interactions/{said}/images")).status_code == 200
