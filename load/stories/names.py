"""The names under which things are measured, in Locust's statistics and in reports."""

from __future__ import annotations

OPEN_WIDGET = "open the widget"
SIGN_IN = "sign in"
QUEUE = "look at the queue"
TAKE = "take a ticket"
RESOLVE = "resolve a ticket"
CONNECT = "connect"
WELCOME = "hello → welcome"
JOIN = "join → all of the history"
RESUME = "resume → all that was missed"
ACK = "send → ack"
SEEN = "send → seen by the other"
MAIL_TAKEN = "mail → 250"
MAIL_TICKET = "mail → ticket on the list"
LOST, DOUBLED, DISORDERED = "lost", "doubled", "out of order"
FAULTS = (LOST, DOUBLED, DISORDERED)

# Counted, not measured.
CONVERSATIONS = "conversations begun"
ANSWERED = "answers that visitors got"
UNANSWERED = "visitors who left without an answer"
CAME_BACK = "visitors who came back and resumed"
BROKEN_OFF = "stories broken off by a failure"
TAKEN, RESOLVED = "tickets taken", "tickets resolved"
OVERTAKEN = "tickets that somebody else was faster to take"
MAILS = "mails sent"
SWEPT = "tickets of this run resolved at its end"
PUT_OFF = "visits put off by the desk's rate for one address"
