"""Replies that leave by mail: queued from the event log, composed when due, sent over the inbox's relay."""

from connectors.outgoing.queueing import Queueing
from connectors.outgoing.sender import Notifying, Sender

__all__ = ["Notifying", "Queueing", "Sender"]
