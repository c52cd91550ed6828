"""Makes a cluster: Postgres' files, the roles and the database, whole or not at all.

It is made beside its place and moved there last, so that a kill at any moment of the first
start leaves nothing half made. Statements run in single-user mode: no server, no socket.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from server.postgres.account import Account, identity
from server.postgres.errors import PostgresRefused
from server.postgres.layout import APP, DATABASE, OWNER, SUPERUSER, Layout
from server.secret_key import keep_secret

_BUILTIN_SINCE = 17


def make_cluster(layout: Layout, binaries: Path, account: Account | None) -> None:
    """Initialise `layout.cluster` with its roles; takes about a second, harmless to repeat."""
    layout.passwords.mkdir(mode=0o700, exist_ok=True)
    words = {role: keep_secret(layout.passwords / role) for role in (SUPERUSER, OWNER, APP)}
    draft = layout.cluster.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    password = layout.data_dir / "password.draft"
    password.unlink(missing_ok=True)
    password.touch(mode=0o600)
    password.write_text(words[SUPERUSER])
    if account is not None:
        os.chown(password, account.uid, account.gid)
    try:
        options = ["--auth=scram-sha-256", f"--pwfile={password}", f"--username={SUPERUSER}"]
        options += ["--encoding=UTF8", *_locale(binaries), "--data-checksums", "--no-instructions"]
        _run([binaries / "initdb", "-D", draft, *options], account)
    finally:
        password.unlink()
    _run([binaries / "postgres", "--single", "-D", draft, "postgres"], account, _roles(words))
    draft.rename(layout.cluster)


def _locale(binaries: Path) -> list[str]:
    """Code points in their own order. Postgres' own tables of letters, where it has them (17), make the
    search index a fifth cheaper than the C library's."""
    told = subprocess.run(  # noqa: S603 (a program found by `find_binaries`)
        [binaries / "initdb", "--version"], capture_output=True, text=True, timeout=20, check=True, cwd="/"
    )
    major = int(re.findall(r"\d+", told.stdout)[0])
    own = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if major >= _BUILTIN_SINCE else []
    return ["--locale=C.UTF-8", *own]


def _roles(words: dict[str, str]) -> str:
    """One statement a line, as single-user mode wants it. The passwords are base64."""
    lines = [
        f"CREATE ROLE {OWNER} LOGIN CREATEROLE CREATEDB PASSWORD '{words[OWNER]}'",
        f"CREATE ROLE {APP} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '{words[APP]}'",
        f"GRANT {APP} TO {OWNER} WITH ADMIN OPTION",
        f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
    ]
    return "".join(f"{line};\n" for line in lines)


def _run(command: list[str | Path], account: Account | None, statements: str = "") -> None:
    done = subprocess.run(  # noqa: S603 (programs found by `find_binaries`)
        command, input=statements, capture_output=True, text=True, timeout=120, check=False,
        cwd="/", env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}, **identity(account),
    )  # fmt: skip
    # Single-user mode goes on after a failed statement and ends with 0.
    faults = [line for line in done.stderr.splitlines() if "ERROR" in line or "FATAL" in line]
    if done.returncode != 0 or faults:
        last = (faults or done.stderr.strip().splitlines() or ["no output"])[-1]
        raise PostgresRefused(f"Postgres could not be set up ({Path(command[0]).name}): {last}")
