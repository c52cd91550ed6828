"""A mail that was read becomes a command: seen before? which ticket? which customer?"""

from server.intake.answering import Answering
from server.intake.choice import Arrived
from server.intake.intake import Intake, attachment_id

__all__ = ["Answering", "Arrived", "Intake", "attachment_id"]
