"""The roles as processes of their own on an ordinary Postgres: what one writes, the others see."""

from __future__ import annotations

import json
import signal
import smtplib
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage

from websockets.sync.client import connect

from server.clock import new_id
from server.postgres import EmbeddedPostgres
from tests.acceptance.desk import EMAIL, PARLEY, Desk, fresh_folder
from tests.conftest import Database

SECRET = "a secret that all processes of this desk share"


@contextmanager
def apart(desk: Desk, *roles: str) -> Iterator[None]:
    """Processes for roles without a port of HTTP, stopped at the end."""
    with desk.log.open("ab") as log:
        running = [
            subprocess.Popen([PARLEY, "run", role], env=desk.environment(), stdout=log, stderr=log)
            for role in roles
        ]
    try:
        yield
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            assert process.wait(60) == 0, desk.tail()


def wait_for_line(desk: Desk, line: str, seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while line not in desk.tail():
        assert time.monotonic() < until, desk.tail()
        time.sleep(0.05)


def write_mail(desk: Desk, subject: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Carla <carla@customer.test>", "support@localhost", subject
    mail["Message-ID"] = f"<{new_id()}@customer.test>"
    mail.set_content("The lamp flickers.")
    with smtplib.SMTP("127.0.0.1", desk.smtp_port, timeout=60) as client:
        client.send_message(mail)


def test_roles_run_apart_on_an_ordinary_postgres(postgres: EmbeddedPostgres, database: Database) -> None:
    with fresh_folder() as folder:
        desk = Desk(folder, DATABASE_URL=database.owner_dsn, PARLEY_SECRET_KEY=SECRET)
        assert desk.run("migrate").returncode == 0
        desk.start("run", "web")
        try:
            with apart(desk, "mail", "streams"):
                wait_for_line(desk, "ready      mail")
                wait_for_line(desk, "ready      streams")
                token = desk.run("admin", "token", "--agent", EMAIL).stdout.strip()
                agent = desk.sign_in()
                with connect(f"ws://127.0.0.1:{desk.port}/ws") as live:
                    inboxes = agent.get("inboxes").json()["data"]
                    live.send(json.dumps({"op": "hello", "v": 1, "token": token}))
                    for inbox in inboxes:
                        live.send(json.dumps({"op": "join", "room": f"inbox:{inbox['id']}", "since": 0}))
                    write_mail(desk, "Flicker")
                    while (frame := json.loads(live.recv(timeout=60)))["op"] != "ticket":
                        pass
                    assert frame["ticket"]["subject"] == "Flicker"
                    until = time.monotonic() + 60
                    while not (found := agent.get("tickets", params={"q": "flickers"}).json()["data"]):
                        assert time.monotonic() < until
                        time.sleep(0.2)
                    assert [ticket["id"] for ticket in found] == [frame["ticket"]["id"]]
        finally:
            desk.stop()


def test_roles_apart_refuse_what_they_cannot_share(postgres: EmbeddedPostgres, database: Database) -> None:
    with fresh_folder() as folder:
        alone = Desk(folder).run("run", "web")
        assert (alone.returncode, alone.stderr.count("\n")) == (1, 1), alone.stderr
        assert "DATABASE_URL is not set" in alone.stderr
        unmigrated = f"{database.owner_dsn}".replace("/test_", "/template_none_", 1)
        wrong = Desk(folder, DATABASE_URL=unmigrated, PARLEY_SECRET_KEY=SECRET).run("run", "web")
        assert (wrong.returncode, wrong.stderr.count("\n")) == (1, 1), wrong.stderr
        assert "Traceback" not in wrong.stderr
        assert wrong.stderr.startswith("parley: DATABASE_URL")
