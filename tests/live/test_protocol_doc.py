"""The transcripts of docs/protocol.md are true."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.acceptance.desk import EMAIL, Desk, started
from tests.live.transcript import Player, blocks

DOCUMENT = Path(__file__).parents[2] / "docs" / "protocol.md"


def people(desk: Desk) -> dict[str, str]:
    """Bob with a token, and the chat inbox."""
    made = desk.run(
        "admin", "create-agent", "--email", "bob@desk.test", "--name", "Bob", "--password", "bob's own"
    )
    assert made.returncode == 0, made.stderr
    token = desk.run("admin", "token", "--agent", "bob@desk.test").stdout.strip()
    admin = desk.run("admin", "token", "--agent", EMAIL).stdout.strip()
    inboxes = desk.sign_in().get("inboxes").json()["data"]
    chat = next(each["id"] for each in inboxes if each["channel"] == "chat")
    return {"bob_token": token, "admin_token": admin, "chat": chat}


async def test_every_transcript_of_the_protocol_plays_as_it_is_written() -> None:
    told = blocks(DOCUMENT.read_text())
    assert len(told) > 8
    with started() as desk:
        player = Player(desk.url, await asyncio.to_thread(people, desk))
        for block in told:
            for line in block:
                try:
                    await player.play(line)
                except (AssertionError, TimeoutError, KeyError) as wrong:
                    raise AssertionError(f"{line}\n{wrong or type(wrong).__name__}") from wrong
        await player.close()
