"""A real desk for stories from outside: `parley run` as a child process, on a fresh folder and free ports.

with started(folder) as desk:
    desk.api.post("/tickets", json={...})

What the process wrote is shown when a story fails: the log's path and tail are in the error.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.fleet import lasting_ports

ROOT = Path(__file__).parents[2]
PARLEY = Path(sys.executable).parent / "parley"
EMAIL, PASSWORD = "admin@localhost", "a password for stories"
READY_SECONDS = 120.0


class DeskFailed(AssertionError):
    """The process did not do what it must; has its log."""


class Desk:
    """One data folder and its ports, and the process that serves them for the moment."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.folder = folder
        self.port, self.smtp_port = lasting_ports(2)
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = env
        self.log = folder / "log"
        self.process: subprocess.Popen[bytes] | None = None

    def environment(self) -> dict[str, str]:
        own = {
            "PARLEY_DATA_DIR": str(self.folder / "data"),
            "PARLEY_PORT": str(self.port),
            "PARLEY_SMTP_PORT": str(self.smtp_port),
            "PARLEY_ADMIN_PASSWORD": PASSWORD,
            "PARLEY_RATE_SIGN_IN_IP": "1000/minute",
            "PARLEY_RATE_WIDGET_MESSAGES": "100000/minute",
        }
        clean = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        return clean | own | self.env

    def start(self, *words: str, ready_seconds: float = READY_SECONDS) -> float:
        """Start `parley run` (or `words`) and wait until it is ready; returns the seconds that took."""
        began = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [PARLEY, *(words or ("run",))],
                cwd=self.folder,
                env=self.environment(),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        while not self.is_ready():
            if self.process.poll() is not None:
                raise DeskFailed(f"parley ended with {self.process.returncode}\n{self.tail()}")
            if time.monotonic() - began > ready_seconds:
                raise DeskFailed(f"not ready after {ready_seconds} s\n{self.tail()}")
            time.sleep(0.02)
        return time.monotonic() - began

    def is_ready(self) -> bool:
        try:
            return httpx2.get(f"{self.url}/readyz", timeout=10).status_code == 200
        except httpx2.HTTPError:
            return False

    def stop(self, number: signal.Signals = signal.SIGTERM, seconds: float = 60) -> float:
        """Send a signal and wait for the end; returns the seconds that took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(number)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(60)
            raise DeskFailed(f"did not stop in {seconds} s\n{self.tail()}") from None
        return time.monotonic() - began

    def kill(self) -> None:
        """As if the power had gone: nothing gets to clean up."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(60)

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Another `parley` command on this desk's settings, to its end."""
        return subprocess.run(
            [PARLEY, *words],
            check=False,
            cwd=self.folder,
            env=self.environment() | env,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def tail(self) -> str:
        return self.log.read_text(errors="replace")[-6000:]

    def sign_in(self, email: str = EMAIL, password: str = PASSWORD) -> httpx2.Client:
        """A signed-in agent with cookie and CSRF header; paths are below /api/v1."""
        client = httpx2.Client(base_url=f"{self.url}/api/v1/", timeout=60)
        answer = client.post("session", json={"email": email, "password": password})
        assert answer.status_code == 201, answer.text
        client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
        return client


@contextmanager
def fresh_folder() -> Iterator[Path]:
    """Outside of pytest's own folder: as root, Postgres runs as `nobody`, who may not enter that."""
    folder = Path(tempfile.mkdtemp(prefix="parley-story-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def started(env: Mapping[str, str] | None = None, words: Sequence[str] = ()) -> Iterator[Desk]:
    """A ready desk on a fresh folder (by `parley run`, or `words`), stopped and forgotten afterwards."""
    with fresh_folder() as folder:
        desk = Desk(folder, **(env or {}))
        try:
            desk.start(*words)
            yield desk
        except BaseException as error:
            error.add_note(f"--- the desk's log\n{desk.tail()}")
            raise
        finally:
            if desk.process is not None and desk.process.poll() is None:
                desk.kill()
