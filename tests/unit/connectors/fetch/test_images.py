"""Remote images: told by their bytes, kept for a while, within a bound."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.fetch.fetch import Fetched
from connectors.fetch.images import KEPT_SECONDS, MAX_CACHED_BYTES, MAX_IMAGE_BYTES, RemoteImages, image_type

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"), (b"\xff\xd8\xff\xe0", "image/jpeg"), (b"GIF89a..", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"), (b"RIFF\x00\x00\x00\x00WAVE", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None), (b"", None), (b" " + PNG, None),
    ],
)  # fmt: skip
def test_a_type_is_told_from_the_bytes(data: bytes, kind: str | None) -> None:
    assert image_type(data) == kind


class Outside:
    """A fetcher that has every image, and counts."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.now = 0.0

    async def get(self, url: str, **_: Any) -> Fetched:
        self.asked.append(url)
        return Fetched(200, {}, PNG.ljust(MAX_IMAGE_BYTES, b"\0"))


async def test_an_image_is_kept_for_a_while_and_the_oldest_makes_room() -> None:
    outside = Outside()
    images = RemoteImages(outside, lambda: outside.now)  # type: ignore[arg-type]
    for _ in range(2):
        await images.get("a")
    assert outside.asked == ["a"]
    outside.now = KEPT_SECONDS
    await images.get("a")
    assert outside.asked == ["a", "a"]
    many = [str(n) for n in range(MAX_CACHED_BYTES // MAX_IMAGE_BYTES)]
    for url in many:
        await images.get(url)
    outside.asked.clear()
    for url in (*many, "a"):
        await images.get(url)
    assert outside.asked == ["a"]
