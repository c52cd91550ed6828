"""Brokers that not everybody gets into: TLS of an authority of our own, a client's certificate, a password.

    with locked("tansu") as kafka:
        KafkaTopics(kafka.access())
        kafka.access(kafka_tls=False)   # and other ways in, which are wrong

Tansu stands behind a door of ours and asks for no password: its own TLS cannot be given a key, and it takes
nobody's password before it knows somebody (0.6). Kafka does everything itself.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pydantic import SecretStr

from server.kafka_access import KafkaAccess, kafka_access
from server.settings import Settings
from tests.channels.certificates import Authority
from tests.fleet import lasting_ports
from tests.kafka.brokers import Broker, Kafka, Tansu, broker
from tests.kafka.tls_door import tls_door

USER = "parley"
PASSWORD = "canary-of-the-brokers-0123456789"
_SCRAM = ("SCRAM-SHA-256", "SCRAM-SHA-512")


class _Locked(Broker):
    """Certificates in its folder: the authority's, a broker's, and a client's."""

    asks_for_password = False

    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder)
        self.context = self.authority.context()
        self.context.load_verify_locations(self.authority.path)
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.certificate = folder / "localhost30False.pem"  # it does for both sides
        super().__init__(folder)

    def access(self, **other: object) -> KafkaAccess:
        """The way in, by settings; with some of them otherwise."""
        given: dict[str, object] = {
            "KAFKA_BROKERS": (self.address,),
            "kafka_tls": True,
            "kafka_tls_ca": self.authority.path,
            "kafka_tls_cert": self.certificate,
            "kafka_tls_key": self.certificate,
        }
        if self.asks_for_password:
            given |= {"kafka_user": USER, "kafka_password": SecretStr(PASSWORD)}
        return kafka_access(Settings(**{**given, **other}))  # type: ignore[arg-type]


class LockedTansu(_Locked, Tansu):
    """Tansu, behind the door."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (self.inner,) = lasting_ports(1)
        self._door = ExitStack()

    def command(self) -> Sequence[str]:
        command = [*super().command()]
        command[command.index("--listener-url") + 1] = f"tcp://127.0.0.1:{self.inner}"
        return command

    def start(self) -> None:
        self._door.enter_context(tls_door(self.port, self.inner, self.context))
        super().start()

    def kill(self) -> None:
        super().kill()
        self._door.close()


class LockedKafka(_Locked, Kafka):
    """Kafka 4 with SASL over TLS, by each mechanism."""

    asks_for_password = True

    def listeners(self, controller: str) -> str:
        (inner,) = lasting_ports(1)
        at = f"SASL_SSL://127.0.0.1:{self.port},PLAINTEXT://127.0.0.1:{inner}"
        modules = "org.apache.kafka.common.security"
        jaas = "listener.name.sasl_ssl.{}.sasl.jaas.config=" + modules
        scram = [f"{jaas.format(name.lower())}.scram.ScramLoginModule required;" for name in _SCRAM]
        plain = f'{jaas.format("plain")}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";'
        names = "\n".join([plain, *scram])
        return f"""listeners={at},{controller}
advertised.listeners={at}
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN,{",".join(_SCRAM)}
{names}
listener.name.sasl_ssl.ssl.client.auth=required
ssl.keystore.type=PEM
ssl.keystore.location={self.certificate}
ssl.truststore.type=PEM
ssl.truststore.location={self.authority.path}"""

    def users(self) -> Sequence[str]:
        added = [("--add-scram", f"{name}=[name={USER},password={PASSWORD}]") for name in _SCRAM]
        return [word for pair in added for word in pair]


@contextmanager
def locked(kind: str) -> Iterator[LockedTansu | LockedKafka]:
    """A running broker of this kind, locked."""
    with broker(kind, {"tansu": LockedTansu, "kafka": LockedKafka}) as running:
        assert isinstance(running, LockedTansu | LockedKafka)
        yield running
