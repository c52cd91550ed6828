"""The process as an operator meets it: starting, stopping, and one clear line for each wrong thing."""

from __future__ import annotations

import os
import signal
import socket

from tests.acceptance.desk import PASSWORD, Desk, fresh_folder, started


def the_line(desk: Desk, *words: str, **env: str) -> str:
    """The one line that a command which must fail has to say."""
    ended = desk.run(*words, **env)
    assert ended.returncode != 0
    lines = ended.stderr.strip().splitlines()
    assert len(lines) == 1, ended.stderr
    assert lines[0].startswith("parley: ")
    return lines[0]


def test_a_start_greets_a_second_one_is_quieter_and_both_signals_stop_it() -> None:
    with started() as desk:
        greeting = desk.log.read_text()
        for word in ("console ", "demo page ", "smtp ", "sign in ", "ready "):
            assert any(line.startswith(word) for line in greeting.splitlines()), greeting
        assert PASSWORD not in greeting
        desk.stop()
        desk.start()  # how fast is measured by `make bench`
        desk.stop(signal.SIGINT)
        assert desk.process is not None
        assert desk.process.returncode == 0
        assert "Traceback" not in desk.log.read_text()


def test_a_second_start_on_the_same_folder_or_port_says_so_in_one_line() -> None:
    with started() as desk:
        assert "PARLEY_PORT" in the_line(desk, "run", PARLEY_SMTP_PORT="0")
        assert "PARLEY_SMTP_PORT" in the_line(desk, "run", PARLEY_PORT="0")
        line = the_line(desk, "run", PARLEY_PORT="0", PARLEY_SMTP_PORT="0")
        assert str(desk.folder / "data") in line
        assert desk.is_ready()


def test_wrong_settings_say_so_in_one_line_each() -> None:
    with fresh_folder() as folder:
        desk = Desk(folder)
        assert "DATABASE_URL" in the_line(desk, "run", DATABASE_URL="mysql://somewhere/else")
        nobody = "postgresql://nobody:secret@127.0.0.1:9/none"
        line = the_line(desk, "run", DATABASE_URL=nobody)
        assert "DATABASE_URL" in line
        assert "secret" not in line
        assert "PARLEY_PUBLIC_URL" in the_line(desk, "run", PARLEY_PUBLIC_URL="desk.example.org")
        assert "DATABASE_URL" in the_line(desk, "run", "web")
        assert "REDIS_URL" in the_line(desk, "run", REDIS_URL="memcached://localhost")
        both = desk.run("run", PARLEY_PORT="many", PARLEY_INBOX_ADDRESS="nowhere")
        assert both.returncode != 0
        assert len(both.stderr.strip().splitlines()) == 2


def test_a_data_folder_that_cannot_be_written_says_so_in_one_line() -> None:
    with fresh_folder() as folder:
        file = folder / "a-file"
        file.write_text("not a folder")
        assert str(file) in the_line(Desk(folder), "run", PARLEY_DATA_DIR=str(file / "data"))
        if os.geteuid() != 0:
            closed = folder / "closed"
            closed.mkdir(mode=0o500)
            assert str(closed) in the_line(Desk(folder), "run", PARLEY_DATA_DIR=str(closed / "data"))


def test_commands_beside_a_running_desk_use_its_postgres() -> None:
    with started() as desk:
        made = desk.run("admin", "token", "--agent", "admin@localhost")
        assert made.returncode == 0, made.stderr
        assert len(made.stdout.strip().splitlines()) == 1
        assert desk.run("check").returncode == 0
        assert desk.run("rebuild").returncode == 0
        with socket.create_connection(("127.0.0.1", desk.smtp_port), 5) as smtp:
            assert smtp.recv(512).startswith(b"220 ")
