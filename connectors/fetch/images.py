"""Remote images of mails, fetched for the reader: their bytes told from what they are, kept a few minutes.

Only raster images pass: what a browser might run (SVG) is none. The mail's sender learns that somebody asked
to see the image, and nothing of who, from where, with what, or on which page.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

import structlog
from prometheus_client import Counter

from connectors.fetch.fetch import Fetcher, FetchFailed, FetchRefused
from server.domain.errors import NotFound
from server.domain.links import RemoteImage

MAX_IMAGE_BYTES = 5 * 1024 * 1024
MAX_CACHED_BYTES = 32 * 1024 * 1024
KEPT_SECONDS = 600.0
SECONDS = 10.0
_ACCEPT = {"accept": "image/png, image/jpeg, image/gif, image/webp"}
_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_log = structlog.get_logger("parley.images")
_fetched = Counter("parley_remote_images_total", "Remote images asked for.", ["outcome"])


def image_type(data: bytes) -> str | None:
    """The type of a raster image by its first bytes; None for anything else, whatever it says it is. Pure."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _MAGIC if data.startswith(magic)), None)


class RemoteImages:
    """Fetches and remembers; `get` is what the HTTP layer is given."""

    def __init__(self, fetcher: Fetcher, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, RemoteImage]] = OrderedDict()
        self._kept_bytes = 0

    async def get(self, url: str) -> RemoteImage:
        """The image; NotFound for whatever reason there is none, which nobody is told."""
        until, image = self._kept.get(url, (0.0, None))
        if image is not None and until > self._clock():
            _fetched.labels("kept").inc()
            return image
        image = await self._fetch(url)
        self._keep(url, image)
        return image

    async def _fetch(self, url: str) -> RemoteImage:
        try:
            answer = await self._fetcher.get(url, max_bytes=MAX_IMAGE_BYTES, seconds=SECONDS, headers=_ACCEPT)
        except (FetchRefused, FetchFailed) as wrong:
            _fetched.labels("refused" if isinstance(wrong, FetchRefused) else "failed").inc()
            _log.info("remote_image_not_fetched", reason=str(wrong))
            raise NotFound from None
        kind = image_type(answer.body) if answer.status == 200 else None
        if kind is None:
            _fetched.labels("no image").inc()
            raise NotFound
        _fetched.labels("fetched").inc()
        return RemoteImage(kind, answer.body)

    def _keep(self, url: str, image: RemoteImage) -> None:
        """Remember an image; the oldest are forgotten when there is too much."""
        self._forget(url)
        self._kept[url] = (self._clock() + KEPT_SECONDS, image)
        self._kept_bytes += len(image.data)
        while self._kept_bytes > MAX_CACHED_BYTES:
            self._forget(next(iter(self._kept)))

    def _forget(self, url: str) -> None:
        if url in self._kept:
            self._kept_bytes -= len(self._kept.pop(url)[1].data)
