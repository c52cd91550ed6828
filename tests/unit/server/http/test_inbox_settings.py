"""What a change of an inbox's mailbox does to its settings and its secrets."""

from __future__ import annotations

import msgspec
import pytest

from server.domain.errors import Invalid
from server.domain.resources import AfterImport, InboxSettings, OAuthSettings
from server.http.inbox_form import SettingsChange
from server.http.inbox_settings import merge
from server.store.vault import Secrets

GIVEN = {
    "host": "imap.test",
    "username": "carla",
    "folders": ["Entwürfe"],
    "auth": "xoauth2",
    "oauth": {
        "token_url": "https://login.test/token",
        "client_id": "desk",
        "client_secret": "hush",
        "refresh_token": "first",
    },
    "after_import": {"move_to": "Done"},
}


def changed(imap: object, settings: InboxSettings, kept: Secrets) -> tuple[InboxSettings, Secrets]:
    return merge(settings, kept, msgspec.convert({"imap": imap, "catch_all": True}, SettingsChange))


def test_secrets_of_tokens_go_to_the_vault_and_stay_until_the_mailbox_goes() -> None:
    settings, kept = changed(GIVEN, InboxSettings(), Secrets(token="own", smtp_password="out"))
    assert settings.imap is not None
    assert settings.imap.oauth == OAuthSettings(token_url="https://login.test/token", client_id="desk")
    assert settings.imap.after_import == AfterImport(move_to="Done")
    assert (settings.imap.folder, settings.imap.folders, settings.catch_all) == ("INBOX", ["Entwürfe"], True)
    assert b"hush" not in msgspec.json.encode(settings)
    assert (kept.imap_client_secret, kept.imap_refresh_token) == ("hush", "first")
    again = GIVEN | {"oauth": {"token_url": "https://login.test/token", "client_id": "other"}}
    settings, kept = changed(again, settings, kept)
    assert kept.imap_refresh_token == "first"
    settings, kept = changed(None, settings, kept)
    assert (settings.imap, kept) == (None, Secrets(token="own", smtp_password="out"))


def test_a_relay_may_sign_in_as_the_account_that_is_fetched() -> None:
    relay = {"host": "smtp.test", "username": "carla", "auth": "xoauth2"}
    change = msgspec.convert({"imap": GIVEN, "smtp": relay}, SettingsChange)
    settings, _ = merge(InboxSettings(), Secrets(), change)
    assert settings.smtp is not None
    assert settings.smtp.auth == "xoauth2"
    for wrong in ({"imap": None}, {"imap": {"host": "imap.test"}}, {"smtp": {**relay, "username": ""}}):
        with pytest.raises(Invalid):
            merge(settings, Secrets(), msgspec.convert(wrong, SettingsChange))


@pytest.mark.parametrize(
    "wrong",
    [
        {"oauth": {"token_url": "http://login.test/token", "client_id": "x"}},
        {"folders": ["a\r\nb"]},
        {"folders": ["x"] * 20},
        {"after_import": {"flag": "a) (b"}},
        {"after_import": {"move_to": ""}},
        {"auth": "plain"},
    ],
)
def test_what_no_server_may_be_told_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"imap": GIVEN | wrong}, SettingsChange)
