"""A mail that was read becomes a command: seen before? which ticket? which customer?"""

from server.intake.answering import Answering
from server.intake.choice import Arrived
from server.intake.intake import Intake

__all__ = ["Answering", "Arrived", "Intake"]
