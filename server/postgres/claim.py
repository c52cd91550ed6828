"""One process owns a data folder: an exclusive lock that the kernel drops with its holder."""

import fcntl
import os
from pathlib import Path

from server.postgres.errors import PostgresRefused


class Claim:
    """The lock on a data folder, held from `take` to `release` or the end of the process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None

    def take(self) -> None:
        """Take the lock at once, or raise with the number of the process that has it."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as taken:
            holder = os.pread(file, 20, 0).decode().strip() or "unknown"
            os.close(file)
            raise PostgresRefused(
                f"Another Parley (process {holder}) is running on {self._path.parent}."
            ) from taken
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        self._file = file

    def release(self) -> None:
        """Give the folder up; harmless to repeat."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def is_claimed(path: Path) -> bool:
    """Whether a running process holds the lock in `path`."""
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(file)
