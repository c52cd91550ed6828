"""The load tests against a running desk: they pass when all is well, and fail for cause."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.desk import EMAIL, PASSWORD, ROOT, Desk, started
from tests.acceptance.mangler import Forgetful, Mangle, bad_line, doubled, honest

RUN_SECONDS = 300
PEOPLE = {
    "LOCUST_USERS": "8",
    "LOCUST_SPAWN_RATE": "8",
    "LOCUST_RUN_TIME": "12s",
    "LOCUST_STOP_TIMEOUT": "60",  # whoever is in the middle of something comes to its end
    "PARLEY_LOAD_PACE": "8",
    # Two cores are shared with other tests: what is tested is that a bound is judged, not how fast this is.
    "PARLEY_LOAD_MAX_ACK_P95_MS": "60000",
    "PARLEY_LOAD_MAX_ACK_P99_MS": "60000",
    "PARLEY_LOAD_MAX_SEEN_P95_MS": "60000",
    "PARLEY_LOAD_MAX_SEEN_P99_MS": "60000",
    "PARLEY_ADMIN_EMAIL": EMAIL,
    "PARLEY_ADMIN_PASSWORD": PASSWORD,
}


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with started({"PARLEY_RATE_WIDGET_SESSIONS_IP": "10000/minute"}) as running:
        yield running


async def run(module: str, *words: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Its exit code, and what it printed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *words,
        cwd=ROOT, env={"PATH": "/usr/bin:/bin"} | (env or {}),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(RUN_SECONDS):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode is not None
    return process.returncode, said.decode()


async def people(desk: Desk, folder: Path, mangle: Mangle = honest, **env: str) -> tuple[int, str]:
    """A short run of stories on a line to the desk."""
    async with bad_line(desk.port, mangle) as port:
        return await run(
            "load.stories", f"http://127.0.0.1:{port}", "--smtp", f"127.0.0.1:{desk.smtp_port}",
            "--report", str(folder / "load.html"), env=PEOPLE | env,
        )  # fmt: skip


def still_open(desk: Desk) -> list[str]:
    """Subjects of what a run has left for agents to do."""
    tickets = desk.sign_in().get("tickets?status=new,open,pending").json()["data"]
    return [ticket["subject"] for ticket in tickets]


async def test_people_at_a_good_desk_have_nothing_to_complain_of(desk: Desk, tmp_path: Path) -> None:
    code, said = await people(desk, tmp_path)
    assert code == 0, said
    for name in ("send → ack", "send → seen by the other", "mail → ticket on the list", "sign in"):
        assert name in said
    assert "Everything held" in (tmp_path / "load.html").read_text()
    admin = desk.sign_in()
    agent = admin.get("session").json()["agent"]["id"]
    assert admin.get(f"agents/{agent}/tokens").json()["data"] == []  # what was made was taken back
    assert still_open(desk) == []


async def test_a_bound_that_cannot_be_kept_fails_the_run(desk: Desk, tmp_path: Path) -> None:
    code, said = await people(desk, tmp_path, PARLEY_LOAD_MAX_SEEN_P99_MS="0.001")
    assert code == 1, said
    assert "Not kept: send → seen by the other, p99" in (tmp_path / "load.html").read_text()


@pytest.mark.parametrize(("mangle", "fault"), [(doubled, "doubled"), (Forgetful(), "lost")])
async def test_messages_that_a_desk_doubles_or_loses_fail_the_run(
    desk: Desk, tmp_path: Path, mangle: Mangle, fault: str
) -> None:
    code, said = await people(desk, tmp_path, mangle, PARLEY_LOAD_MAX_FAILURES="1")
    assert code == 1, said
    assert f"× {fault}:" in said


async def test_without_a_desk_or_credentials_it_says_what_it_needs(desk: Desk) -> None:
    code, said = await run("load.stories", "http://127.0.0.1:9")
    assert (code, "make run" in said) == (2, True), said
    elsewhere = {"PARLEY_DATA_DIR": "/nonexistent"}
    for module in ("load.stories", "load.capacity"):
        code, said = await run(module, desk.url, env=elsewhere)
        assert (code, "PARLEY_LOAD_TOKEN" in said) == (2, True), said


SMALL = (
    "--rooms",
    "4",
    "--seconds",
    "0.5",
    "--start",
    "40",
    "--most",
    "80",
    "--email",
    EMAIL,
    "--password",
    PASSWORD,
)


async def test_a_capacity_is_found_and_reported(desk: Desk, tmp_path: Path) -> None:
    report = tmp_path / "capacity.html"
    before = still_open(desk)
    code, said = await run("load.capacity", desk.url, *SMALL, "--bound-ms", "60000", "--report", str(report))
    assert code == 0, said
    assert "80 messages a second" in report.read_text()
    assert still_open(desk) == before


async def test_a_bound_that_no_rate_keeps_has_no_capacity(desk: Desk) -> None:
    code, said = await run("load.capacity", desk.url, *SMALL, "--bound-ms", "0.001", "--report", "")
    assert code == 1, said
    assert "No rate held" in said
