"""Every setting of Parley, read once from the environment into one frozen value.

Nothing reads the environment at import, and nothing but `load` reads it at all; the value is
passed on explicitly. All problems are reported together, one line each. Secrets are
`SecretStr`, so that neither a log line nor a traceback shows them.
"""

import os
import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from limits import parse as parse_rate
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

KIB, MIB = 1024, 1024 * 1024

# Switches of later issues: a setting that would be ignored is refused instead.
NOT_BUILT = {
    "DATABASE_REPLICA_URL": "read replicas are",
    "MEILI_URL": "search in Meilisearch is",
    "MEILI_KEY": "search in Meilisearch is",
    "ATTACHMENTS_URL": "attachments in object storage are",
}


# Settings that mean nothing alone: the first needs the second.
NEEDS = {
    "DATABASE_OWNER_URL": "DATABASE_URL",
    "PARLEY_KAFKA_TLS_CERT": "PARLEY_KAFKA_TLS_KEY",
    "PARLEY_KAFKA_TLS_KEY": "PARLEY_KAFKA_TLS_CERT",
    "PARLEY_KAFKA_USER": "PARLEY_KAFKA_PASSWORD",
    "PARLEY_KAFKA_PASSWORD": "PARLEY_KAFKA_USER",
    "PARLEY_KAFKA_MECHANISM": "PARLEY_KAFKA_USER",
    "PARLEY_SMTP_TLS_CERT": "PARLEY_SMTP_TLS_KEY",
    "PARLEY_SMTP_TLS_KEY": "PARLEY_SMTP_TLS_CERT",
    "PARLEY_SMTP_USER": "PARLEY_SMTP_PASSWORD",
    "PARLEY_SMTP_PASSWORD": "PARLEY_SMTP_USER",
}


class SettingsRefused(Exception):
    """The environment does not make a configuration; `problems` has one line for each fault."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def _networks(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())


def _servers(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(_server(part.strip()) for part in value.split(",") if part.strip())


def _server(text: str) -> tuple[str, int]:
    """`192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`."""
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::(\d{1,5}))?", text)
    plain = re.fullmatch(r"([^:]+)(?::(\d{1,5}))?", text)
    host, port = bracketed.groups() if bracketed else plain.groups() if plain else (text, None)
    return str(ip_address(host)), int(port or 53)


def _brokers(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(_broker(part.strip()) for part in value.split(",") if part.strip())


def _broker(text: str) -> str:
    """`kafka.example.org:9092` or `[2001:db8::1]:9092`, as a client wants it."""
    host, colon, port = text.rpartition(":")
    named = re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]", host)
    if not (named and colon and re.fullmatch(r"\d{1,5}", port) and 0 < int(port) < 65536):
        raise ValueError("should be host:port, host:port, …")
    return text


def _rate(value: str) -> str:
    try:
        parse_rate(value)
    except ValueError as wrong:
        raise ValueError("should look like 60/minute or 10/15 minutes") from wrong
    return value


def _postgres_url(value: SecretStr) -> SecretStr:
    if urlsplit(value.get_secret_value()).scheme not in ("postgres", "postgresql"):
        raise ValueError("should be a postgresql:// URL")
    return value


def _redis_url(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in ("redis", "rediss", "valkey", "valkeys") or not parts.hostname:
        raise ValueError("should be redis://user:password@host:port (or rediss, valkey, valkeys)")
    return value


def _origin(value: str) -> str:
    parts = urlsplit(value.rstrip("/"))
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        raise ValueError("should be an origin such as https://desk.example.org")
    return value.rstrip("/")


def _address(value: str) -> str:
    local, at, domain = value.strip().rpartition("@")
    if not (local and at and domain) or any(c.isspace() or c in "<>," for c in value.strip()):
        raise ValueError("should be a mail address")
    return value.strip()


def _relay_url(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    known = parts.scheme in ("smtp", "smtp+starttls", "smtps")
    if not known or not parts.hostname or parts.path.strip("/"):
        raise ValueError("should be smtp://user:password@host:port (or smtp+starttls, smtps)")
    return value


Port = Annotated[int, Field(ge=0, le=65535)]
DnsServers = Annotated[tuple[tuple[str, Port], ...], NoDecode, BeforeValidator(_servers)]
Brokers = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_brokers)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_networks)]
Rate = Annotated[str, AfterValidator(_rate)]
PostgresUrl = Annotated[SecretStr, AfterValidator(_postgres_url)]
RedisUrl = Annotated[SecretStr, AfterValidator(_redis_url)]
RelayUrl = Annotated[SecretStr, AfterValidator(_relay_url)]
Address = Annotated[str, AfterValidator(_address)]
Bytes = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0)]
Count = Annotated[int, Field(ge=1)]


class Settings(BaseSettings):
    """The whole configuration; a field `port` is read from `PARLEY_PORT`."""

    model_config = SettingsConfigDict(
        env_prefix="PARLEY_",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
        populate_by_name=True,
    )

    # Truth. Without a URL, Postgres runs as a child process with its data in `data_dir`.
    database_url: PostgresUrl | None = Field(default=None, validation_alias="DATABASE_URL")
    database_owner_url: PostgresUrl | None = Field(default=None, validation_alias="DATABASE_OWNER_URL")
    database_pool_size: Count = 12
    postgres_bin: Path | None = None

    # What joins processes. Without it they hear of each other by the log.
    redis_url: RedisUrl | None = Field(default=None, validation_alias="REDIS_URL")

    # What carries the streams. Without brokers the log in Postgres does; with them, topics and the consumer
    # group are named with the prefix in front, so that desks may share a cluster.
    kafka_brokers: Brokers = Field(default=(), validation_alias="KAFKA_BROKERS")
    kafka_prefix: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,100}$")] = ""
    kafka_tls: bool = False
    kafka_tls_ca: Path | None = None  # none: whom the system believes
    kafka_tls_cert: Path | None = None
    kafka_tls_key: Path | None = None
    kafka_user: Annotated[str, Field(min_length=1)] | None = None
    kafka_password: Annotated[SecretStr, Field(min_length=1)] | None = None
    kafka_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"

    # Where it serves.
    host: str = "127.0.0.1"
    port: Port = 8000
    smtp_host: str = "127.0.0.1"
    smtp_port: Port = 2525
    smtps_port: Port | None = None
    smtp_proxy_protocol: bool = False
    lmtp_socket: Path | None = None
    smtp_tls_cert: Path | None = None
    smtp_tls_key: Path | None = None
    public_url: Annotated[str, AfterValidator(_origin)] | None = None
    data_dir: Annotated[Path, AfterValidator(Path.absolute)] = Path("data")

    # First start.
    admin_email: Address = "admin@localhost"
    admin_password: Annotated[SecretStr, Field(min_length=8, max_length=1024)] | None = None
    inbox_address: Address = "support@localhost"
    workspace_name: Annotated[str, Field(min_length=1, max_length=100)] = "Parley"

    # Networks of one's own that outgoing webhooks may reach; without any, public addresses only.
    webhook_private: Networks = ()

    # Whom it trusts.
    secret_key: Annotated[SecretStr, Field(min_length=32)] | None = None
    previous_secret_key: Annotated[SecretStr, Field(min_length=32)] | None = None  # still believed while set
    trusted_proxies: Networks = ()
    trusted_relays: Networks = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    session_days: Count = 14

    # Where replies by mail leave, for inboxes that have no relay of their own.
    smtp_relay_url: RelayUrl | None = None

    # Whether DNS is asked about senders, and whom (host[:port], …; none: the system's servers). How often one
    # address is answered automatically in a day.
    verify_senders: bool = True
    dns_servers: DnsServers = ()
    auto_replies_a_day: Count = 3

    # How long an agent who is not there may leave a notification unread before it is mailed, and how often.
    agent_mail_seconds: Seconds = 60
    agent_mails_an_hour: Count = 20

    # Limits on size. An attachment in a mail is a third larger than itself.
    max_attachment_bytes: Bytes = 25 * MIB
    max_mail_bytes: Bytes = 50 * MIB
    max_request_bytes: Bytes = 1 * MIB
    max_frame_bytes: Bytes = 256 * KIB
    max_socket_buffer_bytes: Bytes = 1 * MIB
    max_mail_recipients: Count = 100
    max_connections: Count = 20_000
    max_connections_address: Count = 2_000
    max_connections_workspace: Count = 20_000
    max_connections_visitor: Count = 20

    # Limits on rate, `<count>/<period>`. Sign-in counts failures only.
    rate_sign_in_ip: Rate = "5/5 minutes"
    rate_sign_in_address: Rate = "10/15 minutes"
    rate_widget_sessions_ip: Rate = "30/minute"
    rate_widget_messages: Rate = "60/minute"
    rate_agent: Rate = "300/second"
    rate_anonymous_ip: Rate = "600/minute"
    rate_smtp_ip: Rate = "60/minute"
    rate_relay_ip: Rate = "500/second"
    rate_webhook_inbox: Rate = "600/minute"

    # Time.
    imap_poll_seconds: Seconds = 60
    drain_seconds: Seconds = 4

    # What the operator reads.
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "console", "json"] = "auto"

    @property
    def url(self) -> str:
        """The origin under which people reach this desk."""
        return self.public_url or f"http://{_host_in_url(self.host)}:{self.port}"


def _host_in_url(host: str) -> str:
    if host in ("0.0.0.0", "::"):  # noqa: S104 (compared, not bound)
        return "localhost"
    return f"[{host}]" if ":" in host else host


def load(*, apart: bool = False) -> Settings:
    """Read the environment; raises `SettingsRefused` with every problem found.

    `apart` is for roles that run as processes of their own: they cannot share an embedded
    Postgres, so a missing `DATABASE_URL` is one more problem.
    """
    present = {name for name, value in os.environ.items() if value}
    problems = [
        f"{name} is set, but {what} not built yet: unset it"
        for name, what in NOT_BUILT.items()
        if name in present
    ]
    problems += [
        f"{name} is set without {other}"
        for name, other in NEEDS.items()
        if name in present and other not in present
    ]
    if apart and "DATABASE_URL" not in present:
        problems.append("DATABASE_URL is not set: roles that run apart need a Postgres to share")
    try:
        settings = Settings()
    except ValidationError as refused:
        problems += [_line(str(e["loc"][0]), e["msg"]) for e in refused.errors()]
    else:
        problems += _contradictions(settings)
    if problems:
        raise SettingsRefused(problems)
    return settings


def _contradictions(settings: Settings) -> list[str]:
    """What is well formed alone, and means nothing or does harm together."""
    lonely = {"TLS": settings.kafka_tls, "USER": settings.kafka_user} if not settings.kafka_brokers else {}
    problems = [
        f"PARLEY_KAFKA_{name} is set without KAFKA_BROKERS" for name, value in lonely.items() if value
    ]
    files = {"CA": settings.kafka_tls_ca, "CERT": settings.kafka_tls_cert} if not settings.kafka_tls else {}
    problems += [
        f"PARLEY_KAFKA_TLS_{name} is set, but PARLEY_KAFKA_TLS is not true"
        for name, path in files.items()
        if path is not None
    ]
    if settings.kafka_user is not None and settings.kafka_mechanism == "PLAIN" and not settings.kafka_tls:
        problems.append(
            "PARLEY_KAFKA_MECHANISM: PLAIN sends the password as it is: set PARLEY_KAFKA_TLS=true"
        )
    return problems


def _line(field: str, message: str) -> str:
    name = field if field.isupper() else f"PARLEY_{field.upper()}"
    return f"{name}: {message.removeprefix('Value error, ')}"
