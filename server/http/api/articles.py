"""The knowledge base: articles that agents write and everybody reads once they are published."""

import re
import unicodedata
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from anyio import to_thread
from msgspec import UNSET, Meta, UnsetType

from server.domain.errors import NotFound
from server.domain.identity import Agent
from server.domain.resources import Category, KnowledgeArticle, Page
from server.domain.rights import Action
from server.http.authentication import find_credential
from server.http.call import Call
from server.http.inputs import ById, Id, Name, ShortName, When, Words, check_instant
from server.http.markdown import render
from server.http.operation import Audience, operation
from server.http.page import PageQuery, page_of, slice_of, whole
from server.store import articles
from server.store.articles import Draft
from server.store.pool import Connection

Markdown = Annotated[
    str, Meta(max_length=200_000, pattern=r"^[^\u0000]*$", description="text without NUL characters")
]
Tags = Annotated[list[ShortName], Meta(max_length=50)]


class ArticlesQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """Which articles, in which order. With `q` the best fifty come first, whatever `sort` says."""

    sort: Literal[
        "title", "-title", "published_at", "-published_at", "last_modified_at",
        "-last_modified_at", "view_count", "-view_count",
    ] = "title"  # fmt: skip
    q: Words | None = None
    category: Words | None = None
    tag: ShortName | None = None
    published: bool | None = None


class NewArticle(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An article to be; without `published_at` it is a draft. `content` is Markdown."""

    title: Name
    content: Markdown
    category: ShortName | None = None
    tags: Tags = []
    published_at: When | None = None


class ArticleChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to change; what is left out stays. A null `published_at` makes it a draft again."""

    title: Name | UnsetType = UNSET
    content: Markdown | UnsetType = UNSET
    category: ShortName | None | UnsetType = UNSET
    tags: Tags | UnsetType = UNSET
    published_at: When | None | UnsetType = UNSET


@operation("GET", "/knowledge-base/articles", Action.READ_DESK, {200: Page[KnowledgeArticle]})
async def list_articles(call: Call, db: Connection, query: ArticlesQuery) -> Page[KnowledgeArticle]:
    """List articles, drafts among them.

    `q` is searched for as in a web search ("exact words", -without), titles before texts; each
    result then has an `excerpt`.
    """
    if query.q is not None:
        published_only = query.published is True
        found = await articles.search_articles(
            db,
            call.workspace_id,
            query.q,
            query.category,
            query.tag,
            published_only=published_only,
        )
        if query.published is False:
            found = [row for row in found if row["published_at"] is None]
        return whole(await _shape_all(found))
    part = slice_of(query, articles.LISTING.sorts, query.sort)
    filters = {"category": query.category, "tag": query.tag, "published": query.published}
    rows = await articles.list_articles(db, call.workspace_id, filters, part)
    shaped = dict(zip(map(id, rows), await _shape_all(rows), strict=True))
    return page_of(rows, part, lambda row: shaped[id(row)], call.path, call.query_string)


@operation("POST", "/knowledge-base/articles", Action.WRITE_ARTICLE, {201: KnowledgeArticle}, tagged=True)
async def add(call: Call, db: Connection, body: NewArticle) -> KnowledgeArticle:
    """Write an article."""
    draft = Draft(body.title, body.content, body.category, body.tags, body.published_at)
    article_id = await articles.add_article(
        db, call.workspace_id, call.agent.id, slug_of(body.title), _checked(draft)
    )
    return await _fetch(db, call.workspace_id, article_id)


@operation("GET", "/knowledge-base/categories", Action.READ_DESK, {200: Page[Category]})
async def list_categories(call: Call, db: Connection) -> Page[Category]:
    """List categories, with how many published articles each has."""
    rows = await articles.list_categories(db, call.workspace_id)
    return whole(
        [Category(id=row["id"], name=row["name"], articles_count=row["articles_count"]) for row in rows]
    )


@operation(
    "GET",
    "/knowledge-base/articles/{id}",
    None,
    {200: KnowledgeArticle},
    audience=Audience.ANYONE,
    tagged=True,
    refusals=("unauthorized",),
)
async def read(call: Call, path: ById) -> KnowledgeArticle:
    """Read an article.

    A published one is for everybody, and each reading by somebody who is no agent of the
    workspace counts as a view; a draft is for agents.
    """
    store = call.state.store
    credential = await find_credential(call)
    actor = None if credential is None else credential.actor
    if isinstance(actor, Agent):
        async with store.read(actor.workspace_id) as db:
            row = await articles.find_article(db, actor.workspace_id, id=path.id)
        if row is not None:
            return (await _shape_all([row]))[0]
    workspace_id = await articles.find_workspace_of(store, path.id)
    if workspace_id is None:
        raise NotFound
    async with store.write(workspace_id) as db:
        await articles.count_view(db, workspace_id, path.id)
        row = await articles.find_article(db, workspace_id, id=path.id, published=True)
    if row is None:
        raise NotFound
    return (await _shape_all([row]))[0]


@operation(
    "PATCH",
    "/knowledge-base/articles/{id}",
    Action.WRITE_ARTICLE,
    {200: KnowledgeArticle},
    tagged=True,
)
async def change(call: Call, db: Connection, path: ById, body: ArticleChange) -> KnowledgeArticle:
    """Change an article; its slug stays, since links point to it."""
    await articles.lock_article(db, call.workspace_id, path.id)
    now = await _fetch(db, call.workspace_id, path.id)
    call.require_match(now)
    given = msgspec.structs.asdict(body)
    draft = msgspec.structs.replace(
        Draft(now.title, now.content, now.category, now.tags, now.published_at),
        **{name: value for name, value in given.items() if value is not UNSET},
    )
    await articles.change_article(db, call.workspace_id, path.id, _checked(draft))
    return await _fetch(db, call.workspace_id, path.id)


@operation("DELETE", "/knowledge-base/articles/{id}", Action.WRITE_ARTICLE, {204: None}, tagged=True)
async def remove(call: Call, db: Connection, path: ById) -> None:
    """End an article."""
    await articles.lock_article(db, call.workspace_id, path.id)
    call.require_match(await _fetch(db, call.workspace_id, path.id))
    await articles.delete_article(db, call.workspace_id, path.id)


def _checked(draft: Draft) -> Draft:
    if draft.published_at is not None:
        check_instant(draft.published_at, "/published_at")
    return draft


def slug_of(title: str) -> str:
    """A title as part of an address: lower case letters and digits of any script, and hyphens."""
    folded = unicodedata.normalize("NFKC", title).lower()
    return re.sub(r"[^\w]+|_+", "-", folded).strip("-")[:80] or "article"


async def _fetch(db: Connection, workspace_id: Id, article_id: Id) -> KnowledgeArticle:
    row = await articles.find_article(db, workspace_id, id=article_id)
    if row is None:
        raise NotFound
    return (await _shape_all([row]))[0]


async def _shape_all(rows: Sequence[Any]) -> list[KnowledgeArticle]:
    """Articles with their HTML, rendered off the event loop."""
    return await to_thread.run_sync(lambda: [_shape(row) for row in rows])


def _shape(row: Any) -> KnowledgeArticle:
    names = [name for name in KnowledgeArticle.__struct_fields__ if name != "content_html"]
    values = {name: row[name] for name in names}
    return KnowledgeArticle(**values, content_html=render(row["content"]))


OPERATIONS = (list_articles, add, read, change, remove, list_categories)
