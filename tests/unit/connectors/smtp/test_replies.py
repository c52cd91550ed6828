"""Every answer has an enhanced status code, once."""

from __future__ import annotations

import pytest

from connectors.smtp.peers import origin
from connectors.smtp.replies import enhanced


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ("250 OK", "250 2.0.0 OK"),
        ("250 2.1.5 OK", "250 2.1.5 OK"),
        ("250-Syntax", "250-2.0.0 Syntax"),
        ('500 Error: command "X" not recognized', '500 5.5.1 Error: command "X" not recognized'),
        ("500 Command line too long", "500 5.5.2 Command line too long"),
        ("221 Bye", "221 2.0.0 Bye"),
        ("354 Go on", "354 Go on"),
        ("334 VXNlcg==", "334 VXNlcg=="),
        ("552 Error: 1.2.3 is not a code", "552 5.3.4 Error: 1.2.3 is not a code"),
    ],
)
def test_an_answer_gets_the_code_that_it_lacks(said: str, sent: str) -> None:
    assert enhanced(said) == sent


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::7", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::8%eth0", "2001:db8:1:2::/64"),
        ("", ""),
    ],
)
def test_a_network_of_one_customer_is_one(address: str, network: str) -> None:
    assert origin(address) == network
