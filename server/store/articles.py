"""Articles of the knowledge base: drafts until they are published, found by full-text search."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from server.clock import new_id
from server.domain.errors import NotFound
from server.store.conflicts import refusing
from server.store.listing import Listing, Slice, Sort
from server.store.pool import Connection, Store
from server.store.statements import statements

SQL = statements("articles")
_PUBLISHED = "coalesce(a.published_at, timestamptz '1970-01-01 00:00+00')"
LISTING = Listing(
    SQL["select_articles"],
    "a.id",
    filters={
        "id": "a.id = {}",
        "slug": "a.slug = {}",
        "category": "lower(c.name) = lower({})",
        "tag": "{} = ANY (a.tags)",
        "published": "(a.published_at IS NOT NULL) = {}",
    },
    sorts={
        "title": Sort("lower(a.title)", str),
        "published_at": Sort(_PUBLISHED, datetime),
        "last_modified_at": Sort("a.last_modified_at", datetime),
        "view_count": Sort("a.view_count", int),
    },
)


class Draft(msgspec.Struct, frozen=True):
    """What an author writes."""

    title: str
    content: str
    category: str | None
    tags: list[str]
    published_at: datetime | None


async def list_articles(
    db: Connection, workspace_id: UUID, filters: Mapping[str, object], part: Slice
) -> Sequence[Any]:
    """Rows of articles, one more than the page."""
    sql, values = LISTING.statement(workspace_id, filters, part)
    rows: Sequence[Any] = await db.fetch(sql, *values)
    return rows


async def search_articles(
    db: Connection,
    workspace_id: UUID,
    words: str,
    category: str | None,
    tag: str | None,
    *,
    published_only: bool,
) -> Sequence[Any]:
    """Rows of the best fifty for `words`, the best first, each with an excerpt."""
    rows: Sequence[Any] = await db.fetch(
        SQL["search_articles"], workspace_id, words, published_only, category, tag
    )
    return rows


async def find_article(db: Connection, workspace_id: UUID, **by: object) -> Any | None:
    """The row of one article, by `id` or `slug`."""
    rows = await list_articles(db, workspace_id, by, Slice("title", False, 1))
    return rows[0] if rows else None


async def find_workspace_of(store: Store, article_id: UUID) -> UUID | None:
    """In which workspace a published article is."""
    async with store.across() as db:
        found: UUID | None = await db.fetchval(SQL["find_workspace"], article_id)
    return found


async def lock_article(db: Connection, workspace_id: UUID, article_id: UUID) -> None:
    """Hold an article's row until commit."""
    await db.execute(SQL["lock_article"], workspace_id, article_id)


async def add_article(db: Connection, workspace_id: UUID, author_id: UUID, slug: str, draft: Draft) -> UUID:
    """Keep a new article; `slug` gets a number when another article has it."""
    article_id = new_id()
    if await db.fetchval(SQL["is_slug_taken"], workspace_id, slug, article_id):
        slug = f"{slug}-{article_id.hex[-8:]}"
    category_id = await _category_id(db, workspace_id, draft.category)
    with refusing({"articles_slug": ("Another article has this title", "/title")}):
        await db.execute(
            SQL["add_article"],
            workspace_id,
            article_id,
            draft.title,
            slug,
            draft.content,
            category_id,
            draft.tags,
            author_id,
            draft.published_at,
        )
    return article_id


async def change_article(db: Connection, workspace_id: UUID, article_id: UUID, draft: Draft) -> None:
    """Write an article anew; its slug stays, since links point to it."""
    category_id = await _category_id(db, workspace_id, draft.category)
    await db.execute(
        SQL["change_article"],
        workspace_id,
        article_id,
        draft.title,
        draft.content,
        category_id,
        draft.tags,
        draft.published_at,
    )


async def _category_id(db: Connection, workspace_id: UUID, name: str | None) -> UUID | None:
    if name is None:
        return None
    found: UUID | None = None
    for _ in range(3):  # a parallel insert is invisible to the statement that lost to it
        found = await db.fetchval(SQL["find_category"], workspace_id, new_id(), name)
        if found is not None:
            break
    return found


async def delete_article(db: Connection, workspace_id: UUID, article_id: UUID) -> None:
    """End an article; NotFound when there is none."""
    if await db.fetchval(SQL["delete_article"], workspace_id, article_id) is None:
        raise NotFound


async def count_view(db: Connection, workspace_id: UUID, article_id: UUID) -> None:
    """Count a public read."""
    await db.execute(SQL["count_views"], workspace_id, [article_id], [1])


async def list_categories(db: Connection, workspace_id: UUID) -> Sequence[Any]:
    """Rows of all categories, by name."""
    rows: Sequence[Any] = await db.fetch(SQL["list_categories"], workspace_id)
    return rows
