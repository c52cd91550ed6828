"""Folders' names in modified UTF-7."""

from __future__ import annotations

import pytest

from connectors.imap.names import encode


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("INBOX", "INBOX"),
        ("Entwürfe", "Entw&APw-rfe"),
        ("Tom & Jerry", "Tom &- Jerry"),
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),  # RFC 3501 §5.1.3
        ("😀", "&2D3eAA-"),
        ("ü&", "&APw-&-"),
    ],
)
def test_names_are_written_as_servers_do(name: str, written: str) -> None:
    assert encode(name) == written
