"""Which process of this machine listens on a port, as Linux tells it."""

from __future__ import annotations

from pathlib import Path

_PROC = Path("/proc")
_LISTEN = "0A"


def find_listener(port: int) -> int | None:
    """Its id; None when there is none, it is somebody else's to know, or the system is another."""
    wanted = {f"socket:[{inode}]" for inode in _inodes(port)}
    if not wanted:
        return None
    for process in _PROC.iterdir():
        if process.name.isdigit() and _holds(process / "fd", wanted):
            return int(process.name)
    return None


def _inodes(port: int) -> set[str]:
    found: set[str] = set()
    for table in (_PROC / "net/tcp", _PROC / "net/tcp6"):
        try:
            rows = [line.split() for line in table.read_text().splitlines()[1:]]
        except OSError:
            continue
        found |= {row[9] for row in rows if row[3] == _LISTEN and int(row[1].rpartition(":")[2], 16) == port}
    return found


def _holds(folder: Path, wanted: set[str]) -> bool:
    try:
        return any(str(link.readlink()) in wanted for link in folder.iterdir())
    except OSError:
        return False  # another user's, or gone meanwhile
