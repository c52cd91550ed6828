"""Reads a workspace's configuration as one snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

import asyncpg
import msgspec

from server.domain.desk import Desk, Inbox
from server.domain.identity import Agent
from server.domain.sla.policy import Conditions, CustomerFacts, Policy, Promise, Terms
from server.store.statements import statements

_SQL = statements("tickets")


async def fetch_desk(db: asyncpg.Connection, workspace_id: UUID) -> Desk:
    """The desk as the running transaction sees it."""
    row = await db.fetchrow(_SQL["fetch_desk"], workspace_id)
    agents = msgspec.json.decode(row["agents"], type=list[Agent])
    inboxes = msgspec.json.decode(row["inboxes"], type=list[Inbox])
    terms = {each["id"]: terms_of(each) for each in await db.fetch(_SQL["fetch_terms"], workspace_id)}
    policies = tuple(_policy(each, terms) for each in await db.fetch(_SQL["fetch_policies"], workspace_id))
    return Desk(
        workspace_id,
        row["version"] or 0,
        {agent.id: agent for agent in agents},
        msgspec.json.decode(row["teams"], type=dict[UUID, str]),
        {inbox.id: inbox for inbox in inboxes},
        msgspec.json.decode(row["tags"], type=dict[UUID, str]),
        policies,
        terms,
        row["policies_changed_at"],
        msgspec.json.decode(row["reasons"], type=dict[UUID, str]),
        judges_customers=any(policy.conditions.judges_customers for policy in policies),
        promises_next_response=any(policy.terms.find("next_response") for policy in policies),
    )


async def fetch_version(db: asyncpg.Connection, workspace_id: UUID) -> int:
    """The version of the desk, raised by every change of it."""
    version: int = await db.fetchval(_SQL["fetch_version"], workspace_id)
    return version


def _policy(row: asyncpg.Record, terms: Mapping[UUID, Terms]) -> Policy:
    conditions = msgspec.json.decode(row["conditions"], type=Conditions)
    return Policy(row["id"], row["name"], conditions, terms[row["terms_id"]])


def terms_of(row: asyncpg.Record) -> Terms:
    """Terms from their row."""
    promises = msgspec.json.decode(row["promises"], type=tuple[Promise, ...])
    return Terms(row["id"], row["policy_id"], promises, row["made_at"])


async def find_customer_facts(
    db: asyncpg.Connection, workspace_id: UUID, customer_ids: Iterable[UUID]
) -> dict[UUID, CustomerFacts]:
    """What policies may ask about these customers."""
    rows = await db.fetch(_SQL["find_customer_facts"], workspace_id, list(customer_ids))
    return {
        row["id"]: CustomerFacts(
            row["company"] or "",
            row["tier"] or "",
            row["language"] or "",
            msgspec.json.decode(row["custom_fields"], type=dict[str, str]),
            row["facts_changed_at"],
        )
        for row in rows
    }
