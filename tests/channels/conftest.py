"""The partners that channels are tested with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.channels.dovecot import PROGRAM, Dovecot, running_dovecot


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """One server for all tests of a process; each test uses a user of its own."""
    if PROGRAM is None:
        pytest.skip("dovecot is not here (Debian: dovecot-imapd)")
    with running_dovecot() as server:
        yield server
