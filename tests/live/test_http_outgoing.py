"""What an admin sets about mail that leaves: template, copies, and a key that stays inside."""

from __future__ import annotations

from pathlib import Path

from server.http.signing_key import new_key, public_record
from server.store.pool import Store
from tests.http_desk import serving


async def test_a_signing_key_is_made_or_taken_and_only_its_record_is_shown(
    store: Store, tmp_path: Path
) -> None:
    async with serving(store, tmp_path) as desk:
        path = f"/inboxes/{desk.people.mail}"

        async def save(**dkim: str) -> dict[str, str]:
            answer = await desk.alice.patch(path, {"settings": {"dkim": {"domain": "example.test", **dkim}}})
            assert answer.status_code == 200, answer.text
            assert "PRIVATE" not in answer.text
            shown: dict[str, str] = answer.json()["settings"]["dkim"]
            return shown

        made = await save(selector="desk")
        assert made["host"] == "desk._domainkey.example.test"
        assert made["record"].startswith("v=DKIM1; k=rsa; p=MII")
        assert (await save(selector="other"))["record"] == made["record"]
        own = new_key()
        assert (
            (await save(selector="desk", key=own))["record"] == public_record(own, "/key") != made["record"]
        )
        assert (await desk.alice.get(path)).json()["settings"]["dkim"]["record"] == public_record(own, "/key")
        off = await desk.alice.patch(path, {"settings": {"dkim": None}})
        assert off.json()["settings"]["dkim"] is None
        again = await save(selector="desk")
        assert again["record"] != public_record(own, "/key")  # the old key went with the setting
        bad = {"domain": "example.test", "selector": "desk", "key": "not a key"}
        refused = await desk.alice.patch(path, {"settings": {"dkim": bad}})
        assert refused.json()["errors"][0]["pointer"] == "/settings/dkim/key"


async def test_a_template_says_where_the_reply_goes_and_copies_are_few(store: Store, tmp_path: Path) -> None:
    async with serving(store, tmp_path) as desk:
        path = f"/inboxes/{desk.people.mail}"
        for template in ("", "Hello {{customer_name}},\n{{ reply }}\n{{7*7}}"):
            kept = await desk.alice.patch(path, {"settings": {"template": template, "bcc": ["a@x.test"]}})
            assert kept.json()["settings"]["template"] == template
        for settings in ({"template": "no place"}, {"bcc": ["a@x.test"] * 6}, {"bcc": ["a@x\r\nBcc: b@x"]}):
            assert (await desk.alice.patch(path, {"settings": settings})).status_code == 422
