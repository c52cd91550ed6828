"""The attachment store on the local disk: bytes by their digest, one folder for each workspace.

A file appears under its name whole or not at all: it is written beside, synced, then linked into
place, and the folder is synced, before its key is returned. All of it blocks, so callers run it
in a worker thread. What names a file is always a digest that was made here.
"""

import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO
from uuid import UUID

import msgspec

from server.domain.errors import TooLarge

_KEY = re.compile(r"^[0-9a-f]{64}$")
CHUNK_BYTES = 256 * 1024
YOUNG_SECONDS = 3600.0


class Blob(msgspec.Struct, frozen=True):
    """Bytes that are safe on disk."""

    key: str
    size_bytes: int
    head: bytes


class Blobs:
    """Bytes by digest, under one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, workspace_id: UUID, source: BinaryIO, max_bytes: int) -> Blob:
        """Keep what `source` holds; TooLarge when it is more than `max_bytes`.

        The same bytes are kept once. `head` is the beginning, from which a type is told.
        """
        folder = self._folder / str(workspace_id)
        folder.mkdir(parents=True, exist_ok=True)
        digest, size, head = hashlib.sha256(), 0, b""
        with NamedTemporaryFile(dir=folder, prefix=".upload-") as draft:
            while chunk := source.read(CHUNK_BYTES):
                head = head or chunk[:4096]
                size += len(chunk)
                if size > max_bytes:
                    raise TooLarge(f"A file may have {max_bytes} bytes")
                digest.update(chunk)
                draft.write(chunk)
            draft.flush()
            os.fsync(draft.fileno())
            key = digest.hexdigest()
            path = self._path(workspace_id, key)
            path.parent.mkdir(exist_ok=True)
            with suppress(FileExistsError):
                path.hardlink_to(draft.name)
            os.utime(path)  # young again, so that a sweep leaves it for its row to come
            _sync(path.parent)
            _sync(folder)
        return Blob(key, size, head)

    def read(self, workspace_id: UUID, key: str, start: int, length: int) -> Iterator[bytes]:
        """The bytes from `start`, in chunks; FileNotFoundError when they are gone."""
        with self._path(workspace_id, key).open("rb") as file:
            file.seek(start)
            while length > 0 and (chunk := file.read(min(CHUNK_BYTES, length))):
                length -= len(chunk)
                yield chunk

    def remove(self, workspace_id: UUID, key: str) -> None:
        """Forget bytes that nothing points to; harmless to repeat.

        Bytes written within the hour stay: their row may be on its way.
        """
        path = self._path(workspace_id, key)
        with suppress(FileNotFoundError):
            if time.time() - path.stat().st_mtime > YOUNG_SECONDS:
                path.unlink()

    def _path(self, workspace_id: UUID, key: str) -> Path:
        if not _KEY.match(key):
            raise ValueError("not a key of this store")
        return self._folder / str(workspace_id) / key[:2] / key


def _sync(folder: Path) -> None:
    """Make a folder's entries durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
