"""What an inbox's settings and secrets are after a change, and which cannot be. Pure."""

import msgspec
from msgspec import UNSET

from server.domain.errors import Invalid
from server.domain.resources import AutoReply, DkimSettings, ImapSettings, InboxSettings, SmtpSettings
from server.http.inbox_form import AutoReplyChange, DkimChange, ImapChange, SettingsChange, SmtpChange
from server.http.signing_key import public_record
from server.store.vault import Secrets


def merge(now: InboxSettings, kept: Secrets, change: SettingsChange) -> tuple[InboxSettings, Secrets]:
    """Settings and secrets after a change; Invalid when they cannot go together. Pure."""
    given = {name: value for name, value in msgspec.structs.asdict(change).items() if value is not UNSET}
    secret = {}
    if "webhook_signing_key" in given:
        secret["signing_key"] = given.pop("webhook_signing_key")
    for name, kind in (("smtp", SmtpSettings), ("imap", ImapSettings)):
        mailbox = given.get(name, UNSET)
        if mailbox is None:
            secret |= {key: None for key in msgspec.structs.asdict(kept) if key.startswith(f"{name}_")}
        elif mailbox is not UNSET:
            given[name] = msgspec.convert(mailbox, kind, from_attributes=True)
            if mailbox.password is not UNSET:
                secret[f"{name}_password"] = mailbox.password
            secret |= _oauth_secrets(mailbox)
    if isinstance(dkim := given.get("dkim"), DkimChange):
        secret["dkim_key"] = dkim.key
        given["dkim"] = DkimSettings(
            domain=dkim.domain,
            selector=dkim.selector,
            host=f"{dkim.selector}._domainkey.{dkim.domain}",
            record=public_record(dkim.key or "", "/settings/dkim/key"),
        )
    elif "dkim" in given:
        secret["dkim_key"] = None
    if isinstance(reply := given.get("auto_reply"), AutoReplyChange):
        given["auto_reply"] = msgspec.convert(reply, AutoReply, from_attributes=True)
    after = msgspec.structs.replace(now, **given)
    _check_sign_in(after)
    _check_folders(after)
    return after, msgspec.structs.replace(kept, **secret)


def _check_sign_in(settings: InboxSettings) -> None:
    """A relay that wants tokens needs an account that gives them, and a name to sign in with."""
    smtp, imap = settings.smtp, settings.imap
    if smtp is None or smtp.auth != "xoauth2":
        return
    if imap is None or imap.auth != "xoauth2" or imap.oauth is None:
        raise Invalid("The inbox fetches with no account that gives tokens", pointer="/settings/smtp/auth")
    if not smtp.username:
        raise Invalid("A token is good for a user: name one", pointer="/settings/smtp/username")


def _check_folders(settings: InboxSettings) -> None:
    """A mailbox whose mails would come again and again."""
    if (imap := settings.imap) is None:
        return
    fetched = [_folder(name) for name in (imap.folder or "INBOX", *imap.folders)]
    if len(set(fetched)) < len(fetched):
        raise Invalid("A folder is here twice", pointer="/settings/imap/folders")
    if imap.after_import and imap.after_import.move_to and _folder(imap.after_import.move_to) in fetched:
        raise Invalid("This folder is fetched itself", pointer="/settings/imap/after_import/move_to")


def _folder(name: str) -> str:
    return "INBOX" if name.upper() == "INBOX" else name  # RFC 3501 §5.1


def _oauth_secrets(mailbox: SmtpChange | ImapChange) -> dict[str, str]:
    """What a mailbox's token server is asked with, as far as it is given."""
    oauth = mailbox.oauth if isinstance(mailbox, ImapChange) else None
    if oauth is None:
        return {}
    given = {"imap_client_secret": oauth.client_secret, "imap_refresh_token": oauth.refresh_token}
    return {name: value for name, value in given.items() if value is not UNSET}
