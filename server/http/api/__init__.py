"""The operations, a module for each noun; `OPERATIONS` is all of them."""

from server.http.api import (
    agents,
    articles,
    attachments,
    customers,
    images,
    inboxes,
    interactions,
    mailboxes,
    mails,
    reports,
    session,
    sla_policies,
    tags,
    teams,
    tickets,
    tokens,
    webhooks,
    widget,
    workspace,
)
from server.http.operation import Operation

# The busiest first: routes are tried in this order.
OPERATIONS: tuple[Operation, ...] = (
    *tickets.OPERATIONS,
    *interactions.OPERATIONS,
    *session.OPERATIONS,
    *customers.OPERATIONS,
    *attachments.OPERATIONS,
    *widget.OPERATIONS,
    *agents.OPERATIONS,
    *tokens.OPERATIONS,
    *teams.OPERATIONS,
    *tags.OPERATIONS,
    *inboxes.OPERATIONS,
    *mails.OPERATIONS,
    *images.OPERATIONS,
    *mailboxes.OPERATIONS,
    *sla_policies.OPERATIONS,
    *articles.OPERATIONS,
    *reports.OPERATIONS,
    *webhooks.OPERATIONS,
    *workspace.OPERATIONS,
)
