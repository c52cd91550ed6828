"""Replies that leave by mail: queued from the event log, composed when due, sent over the inbox's relay."""

from connectors.outgoing.queueing import Queueing
from connectors.outgoing.sender import Sender

__all__ = ["Queueing", "Sender"]
