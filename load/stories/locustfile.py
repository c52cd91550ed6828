"""Locust's entry: its users, and what happens at the beginning, during and at the end of a run.

`make load` starts it with sensible values (`__main__.py`); `locust -f` takes this file as well. Where Locust
works with several processes, each has its own scene, and the first merges their courses.
"""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import gevent
from locust import events
from locust.runners import WorkerRunner

from load.access import Access, Unreachable, access
from load.stories import ending
from load.stories.agent import Agent
from load.stories.mailer import Mailer
from load.stories.options import URL, add_options
from load.stories.progress import watch
from load.stories.scene import Mail, Scene
from load.stories.visitor import Visitor

__all__ = ["Agent", "Mailer", "Visitor"]
SMTP_PORT = 2525
COURSE = "parley"
_kept = ExitStack()  # the access of this process, until it ends


def _attach(environment: Any, **_: object) -> None:
    """Listen to everything that is measured here or in a worker."""
    environment.scene = None

    def record(name: str, response_time: float, exception: Exception | None, **_: object) -> None:
        error = None if exception is None else str(exception) or type(exception).__name__
        environment.scene.course.add(name, time.time(), response_time, error)

    def send(data: dict[str, Any], **_: object) -> None:
        if environment.scene is not None:
            data[COURSE] = environment.scene.course.take()

    def merge(data: dict[str, Any], **_: object) -> None:
        if environment.scene is not None and COURSE in data:
            environment.scene.course.merge(data[COURSE])

    environment.events.request.add_listener(record)
    environment.events.report_to_master.add_listener(send)
    environment.events.worker_report.add_listener(merge)


def _begin(environment: Any, **_: object) -> None:
    """Find the desk and set the scene; users appear afterwards."""
    options = environment.parsed_options
    environment.host = (environment.host or URL).rstrip("/")
    try:
        desk = _kept.enter_context(access(environment.host, options.token, options.email, options.password))
        mail = _mail(desk, options)
    except Unreachable as why:
        print(f"load: {why}", flush=True)
        raise SystemExit(2) from why
    environment.scene = Scene(desk, options.run or secrets.token_hex(3), options.pace, mail)
    if not isinstance(environment.runner, WorkerRunner):
        gevent.spawn(watch, environment)


def _end(environment: Any, **_: object) -> None:
    """Stories come to their ends: nobody begins anything new."""
    if environment.scene is not None:
        environment.scene.is_over = True


def _judge(environment: Any, **_: object) -> None:
    """The bounds decide the exit code; the report is written."""
    if environment.scene is not None and not isinstance(environment.runner, WorkerRunner):
        environment.process_exit_code = ending.finish(environment)
    _kept.close()


def _mail(desk: Access, options: Any) -> Mail | None:
    """Where mailers send to; None when there is no such place, and then they stay at home.

    Raises Unreachable when one was named that does not answer.
    """
    wanted = options.mail_to.lower()
    boxes = [
        one for one in desk.inboxes if one.channel == "email" and wanted in ("", (one.address or "").lower())
    ]
    if wanted and not boxes:
        raise Unreachable(f"{desk.url} has no mail inbox {options.mail_to} that this agent reaches")
    host, _, port = (options.smtp or f"{urlsplit(desk.url).hostname}:{SMTP_PORT}").rpartition(":")
    if not boxes:
        return None
    try:
        socket.create_connection((host, int(port)), 3).close()
    except OSError as error:
        if options.smtp:
            raise Unreachable(f"{options.smtp} takes no mail: {error}") from error
        print(
            f"load: nobody takes mail at {host}:{port}, so no mails are sent (--smtp HOST:PORT)", flush=True
        )
        return None
    return Mail(host, int(port), str(boxes[0].address), boxes[0].id)


LISTENERS: tuple[tuple[Any, Callable[..., None]], ...] = (
    (events.init_command_line_parser, add_options),
    (events.init, _attach),
    (events.test_start, _begin),
    (events.test_stopping, _end),
    (events.quitting, _judge),
)
for hook, listener in LISTENERS:
    hook.add_listener(listener)
