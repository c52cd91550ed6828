"""The settings of a locked Kafka become what its clients are made with, or one problem at the start."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from faust.auth import SASLCredentials, SSLCredentials
from pydantic import SecretStr

from server.kafka_access import KafkaAccess, Login, kafka_access
from server.settings import Settings, SettingsRefused
from server.streams.app import KafkaApp
from tests.channels.certificates import Authority

SECRET = SecretStr("canary-0123456789")


def settings(**more: object) -> Settings:
    return Settings(**{"KAFKA_BROKERS": ("kafka:9093",), **more})  # type: ignore[arg-type]


def test_nothing_given_is_nothing_asked() -> None:
    access = kafka_access(settings())
    assert access == KafkaAccess(("kafka:9093",))
    assert access.options() == {"security_protocol": "PLAINTEXT", "ssl_context": None}


def test_a_login_needs_no_tls_where_it_does_not_send_the_password() -> None:
    access = kafka_access(settings(kafka_user="parley", kafka_password=SECRET))
    assert access.login == Login("SCRAM-SHA-512", "parley", SECRET)
    assert access.options() == {
        "security_protocol": "SASL_PLAINTEXT",
        "ssl_context": None,
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "parley",
        "sasl_plain_password": SECRET.get_secret_value(),
    }
    assert SECRET.get_secret_value() not in repr(access)


def test_tls_asks_for_the_brokers_name_and_believes_the_authority_alone(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.context()
    pem = tmp_path / "localhost30False.pem"
    files = {"kafka_tls_ca": authority.path, "kafka_tls_cert": pem, "kafka_tls_key": pem}
    tls = kafka_access(settings(kafka_tls=True, **files)).tls
    assert tls is not None
    assert (tls.check_hostname, tls.verify_mode) == (True, ssl.CERT_REQUIRED)
    assert [dict(part[0] for part in one["subject"]) for one in tls.get_ca_certs()] == [
        {"commonName": "Test Authority"}
    ]


def test_faust_goes_the_same_way() -> None:
    login, tls = Login("SCRAM-SHA-256", "parley", SECRET), ssl.create_default_context()
    brokers = ("kafka:9093",)
    assert KafkaApp("x", KafkaAccess(brokers)).conf.broker_credentials is None
    encrypted = KafkaApp("x", KafkaAccess(brokers, tls)).conf.broker_credentials
    assert isinstance(encrypted, SSLCredentials) and encrypted.context is tls
    both = KafkaApp("x", KafkaAccess(brokers, tls, login)).conf.broker_credentials
    assert isinstance(both, SASLCredentials)
    assert (both.mechanism.value, both.username, both.password, both.ssl_context, both.protocol.value) == (
        "SCRAM-SHA-256", "parley", SECRET.get_secret_value(), tls, "SASL_SSL",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"kafka_tls_ca": "missing.pem"}, "PARLEY_KAFKA_TLS_CA:"),
        ({"kafka_tls_ca": "empty.pem"}, "PARLEY_KAFKA_TLS_CA:"),
        (
            {"kafka_tls_cert": "empty.pem", "kafka_tls_key": "empty.pem"},
            "PARLEY_KAFKA_TLS_CERT and PARLEY_KAFKA_TLS_KEY:",
        ),
    ],
)
def test_files_that_do_not_do_are_refused_by_name(given: dict[str, str], names: str, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    paths = {name: tmp_path / file for name, file in given.items()}
    with pytest.raises(SettingsRefused) as refused:
        kafka_access(settings(kafka_tls=True, **paths))
    (problem,) = refused.value.problems
    assert problem.startswith(names)
