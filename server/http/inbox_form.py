"""An inbox's settings as they come in: what each may be, and what may be left out."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from server.domain.resources import Security, ServerAuth
from server.http.inputs import Email, Line, Text

Host = Annotated[
    str,
    Meta(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:_-]+$", description="a host or an IP address"),
]
Port = Annotated[int, Meta(ge=1, le=65535)]
Secret = Annotated[str, Meta(max_length=1024, pattern=r"^[^\u0000\r\n]*$", description="one line")]
Folder = Annotated[
    str,
    Meta(min_length=1, max_length=200, pattern=r"^[^\u0000-\u001f\u007f]+$", description="a folder's name"),
]
Flag = Annotated[
    str, Meta(max_length=64, pattern=r"^\\?[A-Za-z0-9$_.-]+$", description="a flag, like \\Seen or $Parley")
]
TokenUrl = Annotated[
    str,
    Meta(
        max_length=500,
        pattern=r"^https://[A-Za-z0-9._-]+(:[0-9]{1,5})?/[!-~]*$",
        description="an https address",
    ),
]
AuthorizeUrl = Annotated[
    str,
    Meta(
        max_length=500,
        pattern=r"^$|^https://[A-Za-z0-9._-]+(:[0-9]{1,5})?/[!\u0024-\u003e\u0040-~]*$",
        description="an https address without # and ?",
    ),
]
Color = Annotated[str, Meta(pattern=r"^#[0-9a-fA-F]{6}$", description="a colour, like #1a2b3c")]
Origin = Annotated[
    str,
    Meta(
        max_length=300,
        pattern=r"^https?://[a-z0-9._-]+(:[0-9]{1,5})?$",
        description="an origin, like https://shop.example.org",
    ),
]
DnsName = Annotated[
    str,
    Meta(
        min_length=3,
        max_length=253,
        pattern=r"^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}$",
        description="a domain, like example.org",
    ),
]
Selector = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=63,
        pattern=r"^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$",
        description="a DKIM selector, like parley1",
    ),
]
Pem = Annotated[str, Meta(max_length=10_000, pattern=r"^[\u0020-\u007e\r\n]*$", description="a key in PEM")]
Template = Annotated[
    str,
    Meta(
        max_length=5_000,
        pattern=r"^$|^[^\u0000]*\{\{[ \t]{0,3}reply[ \t]{0,3}\}\}[^\u0000]*$",
        description="a text with {{ reply }} in it",
    ),
]
Copies = Annotated[list[Email], Meta(max_length=5)]
Origins = Annotated[list[Origin], Meta(max_length=50)]


class SmtpChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The relay that mail leaves by. A password that is left out stays.

    `xoauth2` signs in with a token of the account that the mailbox is fetched with.
    """

    host: Host
    port: Port = 587
    username: Line = ""
    security: Security = "starttls"
    password: Secret | UnsetType = UNSET
    auth: ServerAuth = "password"


class OAuthChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where access tokens come from, and where consent is asked for. A secret that is left out stays."""

    token_url: TokenUrl
    client_id: Line
    scope: Line = ""
    authorize_url: AuthorizeUrl = ""
    client_secret: Secret | UnsetType = UNSET
    refresh_token: Secret | UnsetType = UNSET


class AfterImportChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens on the server to a mail that was fetched."""

    move_to: Folder | None = None
    flag: Flag | None = None


class ImapChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mailbox that is fetched. A password that is left out stays."""

    host: Host
    port: Port = 993
    username: Line = ""
    security: Security = "tls"
    folder: Line = "INBOX"
    folders: Annotated[list[Folder], Meta(max_length=19, description="Further folders")] = []
    password: Secret | UnsetType = UNSET
    auth: ServerAuth = "password"
    oauth: OAuthChange | None = None
    after_import: AfterImportChange | None = None


class DkimChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How mail that leaves is signed. A key (RSA, PEM) that is left out stays, or is made."""

    domain: DnsName
    selector: Selector
    key: Pem | UnsetType = UNSET


class AutoReplyChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What who writes for the first time is told at once."""

    enabled: bool = True
    text: Text = ""


class SettingsChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of any channel; what is left out stays, null takes a mailbox, a relay or signing away.

    Signature and template may say `{{agent_name}}`, `{{customer_name}}`, `{{inbox_name}}` and
    `{{ticket_number}}`, the template says where the `{{reply}}` goes; anything else in braces stays as it is.
    An answer to a closed ticket opens it again or begins another, by `closed_reply`; `authserv_id` names the
    relay whose Authentication-Results are believed. Passwords and `webhook_signing_key` (a mail
    provider's) are never read back.
    """

    greeting: Text | UnsetType = UNSET
    accent_color: Color | UnsetType = UNSET
    allowed_origins: Origins | UnsetType = UNSET
    identified_only: bool | UnsetType = UNSET
    sneak_peek: bool | UnsetType = UNSET
    signature: Text | UnsetType = UNSET
    template: Template | UnsetType = UNSET
    quote: bool | UnsetType = UNSET
    bcc: Copies | UnsetType = UNSET
    dkim: DkimChange | None | UnsetType = UNSET
    webhook_signing_key: Secret | None | UnsetType = UNSET
    closed_reply: Literal["reopen", "new"] | UnsetType = UNSET
    auto_reply: AutoReplyChange | None | UnsetType = UNSET
    authserv_id: (
        Annotated[str, Meta(max_length=253, pattern=r"^[A-Za-z0-9._:-]*$", description="a server's name")]
        | UnsetType
    ) = UNSET
    smtp: SmtpChange | None | UnsetType = UNSET
    imap: ImapChange | None | UnsetType = UNSET
    catch_all: bool | UnsetType = UNSET
