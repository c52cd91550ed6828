"""Public and private addresses, by every spelling that an address can have once it is resolved."""

import pytest

from connectors.fetch.address import is_public


@pytest.mark.parametrize(
    "address",
    [
        "93.184.215.14",
        "8.8.8.8",
        "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
        "64:ff9b::808:808",
        "::ffff:8.8.8.8",
    ],
)
def test_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "192.0.0.8", "198.18.0.1", "192.0.2.1", "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.88.99.1",
        "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
        "2002:7f00:1::", "2002:a00:1::1", "2001::1", "2001:db8::1", "fc00::1", "fd00:ec2::254", "fe80::1",
        "fe80::1%eth0", "fec0::1", "ff02::1", "100::1", "3fff::1",
    ],
)  # fmt: skip
def test_our_own_networks_and_nobodys_are_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "text", ["", "localhost", "0x7f000001", "2130706433", "0177.0.0.1", "127.1", "a" * 500]
)
def test_what_is_not_a_numeric_address_is_not_public(text: str) -> None:
    assert not is_public(text)
