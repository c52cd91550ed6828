"""A Parley of the bench's own, as a child process: its own folder on a real disk, commits durable."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import httpx2

READY_SECONDS = 60.0
STOP_SECONDS = 15.0
EMAIL, PASSWORD = "admin@localhost", "correct horse battery"
INBOX_ADDRESS = "support@bench.test"
# One machine plays hundreds of visitors and machines: what is bounded for each person or address is raised.
RAISED = {
    "PARLEY_MAX_CONNECTIONS_ADDRESS": "20000",
    "PARLEY_RATE_WIDGET_MESSAGES": "100000000/minute",
    "PARLEY_RATE_WIDGET_SESSIONS_IP": "1000000/minute",
    "PARLEY_RATE_ANONYMOUS_IP": "1000000/minute",
    "PARLEY_RATE_AGENT": "1000000/second",
    "PARLEY_RATE_RELAY_IP": "1000000/second",
    "PARLEY_RATE_SIGN_IN_IP": "1000000/minute",
    "PARLEY_RATE_SIGN_IN_ADDRESS": "1000000/minute",
}


class NotReady(Exception):
    """The child did not come up; the text is what it said."""


class Folder:
    """A data folder on the disk that the checkout is on, gone at the end."""

    def __init__(self) -> None:
        parent = Path("data").absolute()
        parent.mkdir(mode=0o755, exist_ok=True)
        self.path = Path(tempfile.mkdtemp(prefix="bench-", dir=parent))
        self.path.chmod(0o755)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


class Child:
    """`parley run` on a folder, in a `with` block; `profile` names a file for cProfile's figures."""

    def __init__(self, folder: Path, profile: Path | None = None) -> None:
        self._folder = folder
        self._profile = profile
        self._process: subprocess.Popen[str] | None = None
        self._log: IO[str] | None = None
        self.ready_seconds = 0.0
        self.port = self.smtp_port = 0

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
        environment.pop("DATABASE_URL", None)
        environment |= RAISED | {
            "PARLEY_DATA_DIR": str(self._folder / "data"),
            "PARLEY_PORT": "0",
            "PARLEY_SMTP_PORT": "0",
            "PARLEY_ADMIN_EMAIL": EMAIL,
            "PARLEY_ADMIN_PASSWORD": PASSWORD,
            "PARLEY_INBOX_ADDRESS": INBOX_ADDRESS,
            "PARLEY_LOG_LEVEL": "warning",
        }
        program = ["-c", "from server.cli import main; main()", "run"]
        if self._profile is not None:
            program = ["-m", "cProfile", "-o", str(self._profile), "-m", "load.profiled"]
        said = self._folder / "parley.log"
        self._log = said.open("w")
        began = time.perf_counter()
        self._process = subprocess.Popen(  # noqa: S603 (this very Python)
            [sys.executable, *program], env=environment, stdout=self._log, stderr=subprocess.STDOUT, text=True
        )
        try:
            self._wait(said, began)
        except BaseException:
            self._stop()
            raise
        return self

    def _wait(self, said: Path, began: float) -> None:
        assert self._process is not None
        while time.perf_counter() - began < READY_SECONDS:
            lines = said.read_text().splitlines()
            if any(line.startswith("ready") for line in lines):
                self.port = _port(lines, "console")
                self.smtp_port = _port(lines, "smtp")
                if httpx2.get(f"{self.url}/readyz").status_code == 200:
                    self.ready_seconds = time.perf_counter() - began
                    return
            if self._process.poll() is not None:
                break
            time.sleep(0.005)
        raise NotReady(said.read_text())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        assert self._process is not None and self._log is not None
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
        self._log.close()


def _port(lines: list[str], word: str) -> int:
    """The port in a line such as `console    http://127.0.0.1:8000/` or `smtp   127.0.0.1:2525 for …`."""
    line = next(line for line in lines if line.startswith(word))
    digits = line.split("127.0.0.1:")[1]
    return int("".join(c for c in digits.partition(" ")[0] if c.isdigit()))
