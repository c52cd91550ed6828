"""A mail that became an interaction, with all that was found out about it on the way."""

from __future__ import annotations

import msgspec

from server.intake.choice import Answer, Arrived, Choice, is_forged
from server.store.customers import Known
from server.store.mail_people import Own
from server.store.mails import Done


class Taken(msgspec.Struct, frozen=True):
    """A mail with who wrote it, where it went and what it became."""

    each: Arrived
    sender: Known
    choice: Choice
    done: Done
    own: Own

    @property
    def forged(self) -> bool:
        return not isinstance(self.choice, Answer) and is_forged(self.each, self.own)
