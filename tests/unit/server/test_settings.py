"""The environment becomes one frozen value, or one list of problems."""

import os
import stat
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from server.secret_key import fetch_secret_key
from server.settings import NOT_BUILT, Settings, SettingsRefused, load


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("PARLEY_") or name in NOT_BUILT or name.startswith("DATABASE_"):
            monkeypatch.delenv(name)


def problems(**environment: str) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        with pytest.raises(SettingsRefused) as refused:
            load()
    return refused.value.problems


def test_an_empty_environment_is_a_whole_configuration() -> None:
    settings = load()
    assert (settings.host, settings.port, settings.smtp_port) == ("127.0.0.1", 8000, 2525)
    assert settings.url == "http://127.0.0.1:8000"
    assert settings.database_url is None
    assert settings.data_dir == Path.cwd() / "data"


def test_values_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_PORT", "9000")
    monkeypatch.setenv("PARLEY_TRUSTED_PROXIES", "10.0.0.0/8, ::1/128")
    monkeypatch.setenv("PARLEY_PUBLIC_URL", "https://desk.example.org/")
    monkeypatch.setenv("PARLEY_ADMIN_EMAIL", "")
    settings = load()
    assert settings.port == 9000
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert settings.url == "https://desk.example.org"
    assert settings.admin_email == "admin@localhost"


def test_brokers_are_a_list_of_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().kafka_brokers == ()
    monkeypatch.setenv("KAFKA_BROKERS", "kafka-1.example.org:9092, [2001:db8::1]:9093,")
    assert load().kafka_brokers == ("kafka-1.example.org:9092", "[2001:db8::1]:9093")


@pytest.mark.parametrize(
    "brokers", ["kafka", "kafka:", ":9092", "kafka:0", "kafka:99999", "kafka://a:9092", "a:1 b:2"]
)
def test_brokers_that_are_no_addresses_are_refused(brokers: str) -> None:
    assert problems(KAFKA_BROKERS=brokers) == ["KAFKA_BROKERS: should be host:port, host:port, …"]


def test_a_prefix_makes_names_that_kafka_takes() -> None:
    assert len(problems(PARLEY_KAFKA_PREFIX="my desk/")) == 1


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        ({"TLS": "true", "BROKERS": ""}, "PARLEY_KAFKA_TLS is set without KAFKA_BROKERS"),
        (
            {"USER": "parley", "PASSWORD": "secret", "BROKERS": ""},
            "PARLEY_KAFKA_USER is set without KAFKA_BROKERS",
        ),
        (
            {"TLS": "false", "TLS_CA": "ca.pem"},
            "PARLEY_KAFKA_TLS_CA is set, but PARLEY_KAFKA_TLS is not true",
        ),
        ({"TLS": "true", "TLS_CERT": "c"}, "PARLEY_KAFKA_TLS_CERT is set without PARLEY_KAFKA_TLS_KEY"),
        ({"USER": "parley"}, "PARLEY_KAFKA_USER is set without PARLEY_KAFKA_PASSWORD"),
        ({"PASSWORD": "secret"}, "PARLEY_KAFKA_PASSWORD is set without PARLEY_KAFKA_USER"),
        ({"MECHANISM": "PLAIN"}, "PARLEY_KAFKA_MECHANISM is set without PARLEY_KAFKA_USER"),
        (
            {"USER": "parley", "PASSWORD": "secret", "MECHANISM": "PLAIN"},
            "PARLEY_KAFKA_MECHANISM: PLAIN sends the password as it is: set PARLEY_KAFKA_TLS=true",
        ),
    ],
)
def test_a_kafka_that_is_half_locked_is_refused(environment: dict[str, str], problem: str) -> None:
    given = {f"PARLEY_KAFKA_{name}": value for name, value in environment.items()}
    brokers = given.pop("PARLEY_KAFKA_BROKERS", "kafka:9093")
    assert problems(KAFKA_BROKERS=brokers, **given) == [problem]


def test_an_unknown_mechanism_is_refused_and_the_password_not_shown() -> None:
    given = {"PARLEY_KAFKA_USER": "u", "PARLEY_KAFKA_PASSWORD": "canary", "PARLEY_KAFKA_MECHANISM": "GSSAPI"}
    (problem,) = problems(KAFKA_BROKERS="kafka:9093", **given)
    assert problem.startswith("PARLEY_KAFKA_MECHANISM:") and "canary" not in problem


def test_every_problem_is_reported_at_once_one_line_each() -> None:
    found = problems(
        PARLEY_PORT="many",
        PARLEY_PUBLIC_URL="desk.example.org",
        PARLEY_RATE_AGENT="often",
        PARLEY_TRUSTED_RELAYS="not a network",
        PARLEY_SMTP_USER="relay",
        DATABASE_URL="mysql://x",
        REDIS_URL="memcached://x",
    )
    names = ["PARLEY_PORT", "PARLEY_PUBLIC_URL", "PARLEY_RATE_AGENT", "PARLEY_TRUSTED_RELAYS"]
    names += ["PARLEY_SMTP_USER", "DATABASE_URL", "REDIS_URL"]
    assert sorted(line.replace(":", " ").split()[0] for line in found) == sorted(names)
    assert not any("\n" in line for line in found)


@pytest.mark.parametrize("name", NOT_BUILT)
def test_a_switch_that_is_not_built_is_refused(name: str) -> None:
    (line,) = problems(**{name: "anything"})
    assert name in line and "not built yet" in line


def test_roles_that_run_apart_need_a_database() -> None:
    with pytest.raises(SettingsRefused, match="DATABASE_URL"):
        load(apart=True)


def test_a_secret_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    canary = "canary-0123456789-0123456789-0123456789"
    monkeypatch.setenv("PARLEY_SECRET_KEY", canary)
    monkeypatch.setenv("PARLEY_ADMIN_PASSWORD", canary)
    monkeypatch.setenv("DATABASE_URL", f"postgresql://u:{canary}@h/d")
    monkeypatch.setenv("KAFKA_BROKERS", "kafka:9093")
    monkeypatch.setenv("PARLEY_KAFKA_USER", "parley")
    monkeypatch.setenv("PARLEY_KAFKA_PASSWORD", canary)
    assert canary not in repr(load()) + str(load())
    (short,) = problems(PARLEY_ADMIN_PASSWORD="canary")
    assert "canary" not in short
    assert canary not in problems(DATABASE_URL=f"mysql://u:{canary}@h/d")[0]


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        setattr(load(), "port", 1)  # noqa: B010 (the type checker would refuse it too)


def test_the_secret_key_is_made_once_and_closed_to_others(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    first = fetch_secret_key(settings)
    assert len(first) >= 48
    assert fetch_secret_key(settings) == first
    file = tmp_path / "data" / "secret.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [p.name for p in file.parent.iterdir()] == ["secret.key"]


def test_a_secret_key_that_is_set_wins(tmp_path: Path) -> None:
    key = "k" * 40
    assert fetch_secret_key(Settings(data_dir=tmp_path, secret_key=SecretStr(key))) == key.encode()
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_that_cannot_hold_the_key_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsRefused, match=r"PARLEY_DATA_DIR: .* cannot be used"):
        fetch_secret_key(Settings(data_dir=tmp_path / "file" / "data"))


def test_dns_servers_are_addresses_with_or_without_a_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARLEY_DNS_SERVERS", "192.0.2.1, 192.0.2.2:5353, 2001:db8::1, [2001:db8::2]:5353")
    assert load().dns_servers == (
        ("192.0.2.1", 53),
        ("192.0.2.2", 5353),
        ("2001:db8::1", 53),
        ("2001:db8::2", 5353),
    )
    assert len(problems(PARLEY_DNS_SERVERS="dns.example")) == 1
    assert len(problems(PARLEY_DNS_SERVERS="192.0.2.1:99999")) == 1
