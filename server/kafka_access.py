"""How this desk gets into its Kafka: where that is, whom it believes, and who we say we are.

The password is a secret until a client takes it; nothing here is logged.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import SecretStr

from server.settings import Settings, SettingsRefused


class Login(NamedTuple):
    """Who we say we are, and how it is proved (a SASL mechanism's name)."""

    mechanism: str
    user: str
    password: SecretStr


class KafkaAccess(NamedTuple):
    """Brokers (host:port) and the way in; without `tls` and `login` everybody may, and anybody listens."""

    brokers: tuple[str, ...]
    tls: ssl.SSLContext | None = None
    login: Login | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody is asked for anything."""
        return self.tls is None and self.login is None

    def options(self) -> Mapping[str, Any]:
        """What a client of aiokafka is made with."""
        kind = "SSL" if self.tls is not None else "PLAINTEXT"
        if self.login is None:
            return {"security_protocol": kind, "ssl_context": self.tls}
        return {
            "security_protocol": f"SASL_{kind}",
            "ssl_context": self.tls,
            "sasl_mechanism": self.login.mechanism,
            "sasl_plain_username": self.login.user,
            "sasl_plain_password": self.login.password.get_secret_value(),
        }


def kafka_access(settings: Settings) -> KafkaAccess:
    """The way in that the settings name. Raises SettingsRefused for files that do not do."""
    login = None
    if settings.kafka_user is not None and settings.kafka_password is not None:
        login = Login(settings.kafka_mechanism, settings.kafka_user, settings.kafka_password)
    return KafkaAccess(settings.kafka_brokers, _tls(settings) if settings.kafka_tls else None, login)


def _tls(settings: Settings) -> ssl.SSLContext:
    """A client's context, TLS 1.2 or newer, that checks the broker's name and has our certificate, if any."""
    try:
        context = ssl.create_default_context(cafile=settings.kafka_tls_ca)
    except OSError as wrong:  # an SSLError is one
        raise SettingsRefused([f"PARLEY_KAFKA_TLS_CA: cannot be used: {_why(wrong)}"]) from wrong
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.kafka_tls_cert is not None:
        try:
            context.load_cert_chain(settings.kafka_tls_cert, settings.kafka_tls_key, password=_no_password)
        except (OSError, ValueError) as wrong:
            names = "PARLEY_KAFKA_TLS_CERT and PARLEY_KAFKA_TLS_KEY"
            raise SettingsRefused([f"{names}: cannot be used: {_why(wrong)}"]) from wrong
    return context


def _no_password() -> str:
    """Instead of asking for one at the terminal, where nobody sits."""
    raise ValueError("the key is encrypted")


def _why(wrong: Exception) -> str:
    return getattr(wrong, "strerror", None) or str(wrong)
