"""Which user Postgres runs as, and whether that user can reach a folder.

Postgres refuses to run as root. As root, Parley lets it run as `nobody` (or as the owner of
the files that an ordinary user made), and opens its own data folder to that user's group; it
never changes the mode of a folder that is not its own.
"""

import os
import pwd
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from server.postgres.errors import PostgresRefused


@dataclass(frozen=True)
class Account:
    """The user and group of the Postgres processes, where they differ from our own."""

    uid: int
    gid: int

    def closed_folder(self, path: Path) -> Path | None:
        """The outermost folder on the way to `path`, or `path` itself, that it cannot enter."""
        for folder in reversed([path, *path.parents]):
            found = folder.stat()
            if found.st_uid == self.uid:
                needed = stat.S_IXUSR
            elif found.st_gid == self.gid:
                needed = stat.S_IXGRP
            else:
                needed = stat.S_IXOTH
            if not found.st_mode & needed:
                return folder
        return None


def choose_account(home: Path) -> Account | None:
    """The owner of `home` or else `nobody`, when we are root; None when our own user will do."""
    if os.geteuid() != 0:
        return None
    if home.exists() and (owner := home.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def identity(account: Account | None) -> dict[str, Any]:
    """What `subprocess` must be told to run a program as `account`."""
    if account is None:
        return {}
    return {"user": account.uid, "group": account.gid, "extra_groups": []}


def open_data_dir(data_dir: Path, account: Account | None) -> None:
    """Make the data folder, closed to all but us and `account`; harmless to repeat."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if account is not None and account.closed_folder(data_dir) == data_dir:
            os.chown(data_dir, -1, account.gid)
            data_dir.chmod(stat.S_IMODE(data_dir.stat().st_mode) | stat.S_IXGRP)
    except OSError as wrong:
        raise PostgresRefused(f"The data folder {data_dir} cannot be used: {wrong.strerror}.") from wrong
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise PostgresRefused(f"The data folder {data_dir} cannot be used: it is not writable.")
    closed = account.closed_folder(data_dir) if account else None
    if closed is not None:
        raise PostgresRefused(
            f"As root, Postgres runs as the user nobody, who may not enter {closed}: choose "
            "another PARLEY_DATA_DIR (such as /var/lib/parley), or run Parley as an ordinary user."
        )


def make_private(folder: Path, account: Account | None) -> None:
    """Make `folder`, entered by the Postgres user (and root) only; refuse one that is not so."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    uid = account.uid if account else os.geteuid()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (uid, os.geteuid()):
        raise PostgresRefused(f"{folder} belongs to somebody else: remove it.")
    if account is not None:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    folder.chmod(0o700)
