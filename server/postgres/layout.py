"""Where everything of an embedded Postgres lies, and the addresses that follow from it.

DATA/parley.lock            held by the process that owns the folder
DATA/postgres/cluster       what Postgres calls its data directory
DATA/postgres/socket        the folder of its Unix socket, closed to others
DATA/postgres.log           what it prints, out of reach of the user it runs as
DATA/postgres-passwords/    one file for each role, readable by Parley only
"""

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from urllib.parse import quote

DATABASE = "parley"
SUPERUSER, OWNER, APP = "postgres", "parley_owner", "parley_app"
PORT = 5432  # no TCP: a part of the socket's name only
MAX_SOCKET_PATH_BYTES = 107  # sun_path less its closing zero, unix(7)


@dataclass(frozen=True)
class Layout:
    """The paths below one data folder, which is absolute."""

    data_dir: Path

    @property
    def lock(self) -> Path:
        return self.data_dir / "parley.lock"

    @property
    def home(self) -> Path:
        return self.data_dir / "postgres"

    @property
    def cluster(self) -> Path:
        return self.home / "cluster"

    @property
    def log(self) -> Path:
        return self.data_dir / "postgres.log"

    @property
    def passwords(self) -> Path:
        return self.data_dir / "postgres-passwords"

    @cached_property
    def socket(self) -> Path:
        """The socket's folder; one in the temporary folder where the path would be too long."""
        inside = self.home / "socket"
        if len(bytes(inside / f".s.PGSQL.{PORT}.lock")) <= MAX_SOCKET_PATH_BYTES:
            return inside
        return Path(gettempdir()) / f"parley-{sha256(bytes(self.data_dir)).hexdigest()[:16]}"

    def dsn(self, role: str, database: str = DATABASE) -> str:
        """The address of `database` for `role`, with its password: never log it."""
        password = (self.passwords / role).read_text()
        host = quote(str(self.socket), safe="")
        return f"postgresql://{role}:{password}@/{database}?host={host}&port={PORT}"
