"""What the users of one process share: the desk, the marks of this run, and the record of what happens."""

from __future__ import annotations

import secrets
import time

from load.access import Access
from load.course import Course
from load.machine import describe


class Mail:
    """Where mail is taken, and for which inbox."""

    def __init__(self, host: str, port: int, address: str, inbox: str) -> None:
        self.host = host
        self.port = port
        self.address = address
        self.inbox = inbox


class Scene:
    """One run, in one process. Its mark is in every subject, so that no real ticket is touched."""

    def __init__(self, access: Access, run: str, pace: float, mail: Mail | None) -> None:
        self.access = access
        self.mark = f"[load {run}]"
        self.pace = pace
        self.mail = mail
        self.machine = describe()
        self.course = Course(time.time())
        self.held: set[str] = set()  # tickets that an agent of this process has
        self.is_over = False


STAMP = " ·"


def stamped(text: str) -> tuple[str, str]:
    """A text that tells when it is sent to whoever sees it, in any process; and its client id.

    In the text, since customers are not told the client ids of agents.
    """
    stamp = f"{time.time_ns():x}.{secrets.token_hex(3)}"
    return f"{text}{STAMP}{stamp}", f"load.{stamp}"


def client_id_of(content: str) -> str | None:
    """The client id that `stamped` gave to this text; None for anybody else's."""
    stamp = content.rpartition(STAMP)[2]
    return f"load.{stamp}" if STAMP in content and sent_at(f"load.{stamp}") is not None else None


def sent_at(client_id: str) -> float | None:
    """When a message of a run was sent, in seconds of the wall clock; None for a foreign id."""
    kind, _, stamp = client_id.partition(".")
    nanoseconds = stamp.partition(".")[0]
    try:
        return int(nanoseconds, 16) / 1e9 if kind == "load" else None
    except ValueError:
        return None
