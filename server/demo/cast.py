"""Puts the people of the demonstration in their places, with inboxes, policies and articles."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import msgspec

from server.clock import new_id
from server.demo.book import Book, Language
from server.demo.promises import promise
from server.domain.events import Channel
from server.domain.identity import Agent, Customer
from server.domain.resources import InboxSettings, Workspace
from server.store import agents, articles, customers, demo, inboxes, tags, teams, workspaces
from server.store.listing import Slice
from server.store.pool import Connection
from server.store.vault import Secrets, Vault

_API_INBOX = "Shop forms"
_SLICE = Slice("created_at", False, 100)


class Cast(msgspec.Struct, frozen=True):
    """Who is there, in the order of the book."""

    workspace_id: UUID
    agents: list[Agent]
    teams: Mapping[str, UUID]
    inboxes: Mapping[Channel, UUID]
    tags: Mapping[str, UUID]
    reasons: Mapping[str, UUID]
    customers: Mapping[Language, list[Customer]]

    def everybody(self) -> list[Customer]:
        """The customers of all languages."""
        return [customer for known in self.customers.values() for customer in known]


async def is_there(db: Connection, workspace_id: UUID, book: Book) -> bool:
    """Whether the demonstration's people are at this desk already."""
    known = {row["email"] for row in await agents.list_agents(db, workspace_id, {}, _SLICE)}
    return book.people.agents[0].email in known


async def settle(
    db: Connection,
    workspace_id: UUID,
    book: Book,
    vault: Vault,
    password_hash: str,
    chance: Random,
    now: datetime,
) -> Cast:
    """Make everybody, in the caller's transaction; the inboxes of the first start are used."""
    people = book.people
    workspace = Workspace(id=workspace_id, name=people.workspace, time_zone=people.hours.zone)
    await workspaces.change_workspace(db, workspace)
    places = await _furnish(db, workspace_id, book, vault)
    staff: list[Agent] = []
    for colleague in people.agents:
        agent_id = new_id()
        await agents.add_agent(
            db, workspace_id, agent_id, colleague.name, colleague.email, colleague.role, password_hash
        )
        await agents.set_inboxes(db, workspace_id, agent_id, list(places.values()))
        staff.append(
            Agent(workspace_id, agent_id, colleague.name, colleague.role, frozenset(places.values()))
        )
    groups: dict[str, UUID] = {}
    for team in people.teams:
        members = [
            agent.id
            for agent, colleague in zip(staff, people.agents, strict=True)
            if team.key in colleague.teams
        ]
        groups[team.key] = new_id()
        await teams.add_team(db, workspace_id, groups[team.key], team.name, members)
    words = sorted({tag for story in book.stories for tag in story.tags})
    known = await tags.find_or_add_tags(db, workspace_id, words)
    reasons = await promise(db, workspace_id, people, groups, known, now)
    return Cast(
        workspace_id,
        staff,
        groups,
        places,
        known,
        reasons,
        await _customers(db, workspace_id, book, chance),
    )


async def _furnish(db: Connection, workspace_id: UUID, book: Book, vault: Vault) -> dict[Channel, UUID]:
    """One inbox for each channel: the first of each kind as it is there, and one for the shop's forms."""
    people = book.people
    sealed = vault.seal_secrets(Secrets())
    places: dict[Channel, UUID] = {}
    for row in await inboxes.list_inboxes(db, workspace_id, {}, _SLICE):
        inbox = inboxes.shape(row)
        if inbox.channel in places:
            continue
        places[inbox.channel] = inbox.id
        settings = msgspec.structs.replace(
            inbox.settings,
            greeting=people.greeting,
            accent_color=people.accent_color,
            signature=people.signature,
        )
        kept = await inboxes.lock_secrets(db, workspace_id, inbox.id)
        await inboxes.change_inbox(
            db, workspace_id, inbox.id, inbox.name, inbox.address, settings, kept or sealed
        )
    missing: list[tuple[Channel, str, str | None]] = [
        ("chat", "Website chat", None),
        ("email", "Support mail", f"support-{workspace_id}@heronoak.example"),
        ("api", _API_INBOX, None),
    ]
    for channel, name, address in missing:
        if channel not in places:
            places[channel] = new_id()
            settings = InboxSettings(greeting=people.greeting)
            await inboxes.add_inbox(
                db, workspace_id, places[channel], name, channel, address, settings, sealed
            )
    return places


async def _customers(
    db: Connection, workspace_id: UUID, book: Book, chance: Random
) -> dict[Language, list[Customer]]:
    found: dict[Language, list[Customer]] = {}
    for language, known in book.people.customers.items():
        found[language] = []
        for name, email, company, city in known:
            info = {"City": city}
            if chance.random() < 0.4:
                info["Phone"] = f"+00 555 {chance.randint(100000, 999999)}"
            customer_id = await customers.add_customer(
                db, workspace_id, name, email, info, _facts(language, company)
            )
            found[language].append(Customer(workspace_id, customer_id, name))
    return found


def _facts(language: Language, company: str) -> customers.Facts:
    return customers.Facts(company or None, "trade" if company else None, language)


async def publish(db: Connection, cast: Cast, book: Book, chance: Random, now: datetime) -> None:
    """Write the knowledge base: published over the last two years, and read since."""
    views: dict[UUID, int] = {}
    for article in book.articles:
        at = now - timedelta(days=chance.uniform(30, 700))
        draft = articles.Draft(
            article.title,
            article.content.strip() + "\n",
            article.category,
            article.tags,
            None if article.draft else at,
        )
        slug = "-".join("".join(c if c.isalnum() else " " for c in article.title.lower()).split())
        author = chance.choice(cast.agents[:5])
        article_id = await articles.add_article(db, cast.workspace_id, author.id, slug, draft)
        views[article_id] = article.views
    await demo.date_articles(db, cast.workspace_id, views)
