"""The key that signs sessions, visitor tokens, attachment links and reply addresses.

It is `PARLEY_SECRET_KEY`, or a file in the data folder, made on the first start. Losing the
file signs everybody out and orphans reply addresses; it is part of a backup.
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from server.settings import Settings, SettingsRefused

FILE = "secret.key"


def fetch_secret_key(settings: Settings) -> bytes:
    """The key, generated when nothing has one yet; several processes get the same.

    Raises `SettingsRefused` when the data folder cannot hold it.
    """
    if settings.secret_key is not None:
        return settings.secret_key.get_secret_value().encode()
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return keep_secret(settings.data_dir / FILE).encode()
    except OSError as wrong:
        problem = f"PARLEY_DATA_DIR: {settings.data_dir} cannot be used: {wrong.strerror}"
        raise SettingsRefused([problem]) from wrong


def previous_key(settings: Settings) -> bytes | None:
    """The key before this one: what it signed or sealed is still believed while the setting is there."""
    previous = settings.previous_secret_key
    return None if previous is None else previous.get_secret_value().encode()


def keep_secret(path: Path) -> str:
    """Read the secret in `path`, or write a new one there (mode 0600) that nobody overwrites."""
    if not path.exists():
        with NamedTemporaryFile(dir=path.parent, prefix=".secret-") as draft:
            draft.write(secrets.token_urlsafe(48).encode())
            draft.flush()
            os.fsync(draft.fileno())
            with suppress(FileExistsError):  # whole or not at all, and the first one wins
                path.hardlink_to(draft.name)
    return path.read_text().strip()
