"""One run of the `postgres` program, from its start to its end, as a child of this process."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from server.postgres.account import Account, identity
from server.postgres.errors import PostgresRefused
from server.postgres.layout import PORT, Layout

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
READY_LINE = 7  # of postmaster.pid, as pg_ctl reads it
MAX_LOG_BYTES = 10 * 1024 * 1024

# For a machine that Postgres shares with Parley: memory small, commits durable.
TUNING = {
    "max_connections": "100",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "wal_buffers": "16MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "autovacuum_vacuum_insert_scale_factor": "0.1",
    "autovacuum_naptime": "10s",  # a young desk's tables outgrow their statistics within a minute
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_min_messages": "warning",
    "log_checkpoints": "off",
}
# For tests only: a crash of the machine may lose the cluster.
UNSAFE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class ServerProcess:
    """A started server; `start` returns it ready to take connections."""

    def __init__(self, layout: Layout, process: "subprocess.Popen[bytes]") -> None:
        self._layout = layout
        self._process = process

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """How it ended, negative for a signal; None while it runs. Reaps it."""
        return self._process.poll()

    def is_ready(self) -> bool:
        """Whether it takes connections, by the word that it writes for pg_ctl."""
        return read_state(self._layout) == (self.pid, "ready")

    def stop(self, timeout: float) -> None:
        """End it: a fast shutdown; past `timeout` seconds the log mends the next start."""
        for number, patience in (
            (signal.SIGINT, timeout),
            (signal.SIGQUIT, 2),
            (signal.SIGKILL, 5),
        ):
            if self.exit_code() is not None:
                return
            self._process.send_signal(number)
            try:
                self._process.wait(patience)
            except subprocess.TimeoutExpired:
                continue


def spawn(layout: Layout, binaries: Path, account: Account | None, *, fsync: bool) -> ServerProcess:
    """Start the program; to be called from the main thread, whose end it follows."""
    _rotate(layout.log)
    settings = {
        "listen_addresses": "",
        "port": str(PORT),
        "unix_socket_directories": str(layout.socket),
        "unix_socket_permissions": "0700",
        **TUNING,
        **({} if fsync else UNSAFE),
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with layout.log.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603 (a program found by `find_binaries`)
            [binaries / "postgres", "-D", layout.cluster, *options],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            cwd="/", env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            start_new_session=True,  # Ctrl-C is for Parley, which stops its server last
            preexec_fn=_follow_parent(),  # noqa: PLW1509 (two calls of libc, no lock)
            **identity(account),
        )  # fmt: skip
    return ServerProcess(layout, process)


def read_state(layout: Layout) -> tuple[int, str] | None:
    """The server's process id and state from its lock file; None where there is none."""
    try:
        lines = (layout.cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if not lines or not lines[0].strip().isdigit():
        return None
    return int(lines[0]), lines[READY_LINE].strip() if len(lines) > READY_LINE else "starting"


def is_alive(layout: Layout, pid: int) -> bool:
    """Whether `pid` is a server of this cluster: a zombie or a stranger with its number is not."""
    if sys.platform != "linux":
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        return True
    try:  # not its cwd: root without CAP_SYS_PTRACE, as in a container, may not read that
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return bytes(layout.cluster) in arguments


def end_leftover(layout: Layout, pid: int) -> None:
    """Wait for a server whose Parley was killed, then stop it; it is never adopted."""
    for number, patience in ((None, 5.0), (signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0)):
        if number is not None and is_alive(layout, pid):
            os.kill(pid, number)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not is_alive(layout, pid):
                return
            time.sleep(0.02)
    raise PostgresRefused(f"A Postgres of an earlier start (process {pid}) does not end.")


def last_words(layout: Layout) -> str:
    """The last line of the server's log that says what went wrong."""
    with layout.log.open("rb") as log:
        log.seek(max(0, layout.log.stat().st_size - 8192))
        lines = log.read().decode(errors="replace").splitlines()
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "ERROR" in line]
    return (telling or lines or ["nothing"])[-1]


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > MAX_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))


def _follow_parent() -> Callable[[], None] | None:
    """For the child, before the program: SIGINT (fast shutdown) when the parent's thread ends."""
    if sys.platform != "linux":
        return None
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()

    def follow() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGINT)
        if os.getppid() != parent:  # it ended before the line above
            os._exit(1)

    return follow
