"""What was said in a ticket, without what else happened; `timeline` has both."""

from uuid import UUID

from server.domain.interaction import Attachment, Interaction
from server.store.pool import Connection
from server.store.statements import statements

SQL = statements("interactions")


async def list_interactions(
    db: Connection, workspace_id: UUID, ticket_id: UUID, since: int, limit: int
) -> list[Interaction]:
    """Messages and notes above `since`, ascending, at most `limit` of them."""
    rows = await db.fetch(SQL["list_interactions"], workspace_id, ticket_id, since, limit)
    files: dict[UUID, list[Attachment]] = {}
    if with_files := [row["id"] for row in rows if row["attachment_ids"]]:
        for file in await db.fetch(SQL["list_files"], workspace_id, with_files):
            files.setdefault(file["interaction_id"], []).append(Attachment(*tuple(file)[1:]))
    return [
        Interaction(
            row["id"],
            row["ticket_id"],
            row["seq"],
            row["public_seq"],
            row["author_type"],
            row["author_id"],
            row["author_name"],
            row["type"],
            row["content"],
            row["content_html"],
            row["created_at"],
            tuple(files.get(row["id"], ())),
            row["client_id"],
        )
        for row in rows
    ]


async def find_html(db: Connection, workspace_id: UUID, ticket_id: UUID, interaction_id: UUID) -> str | None:
    """The HTML of one interaction, empty when it is plain text; None when there is no such interaction."""
    html: str | None = await db.fetchval(SQL["find_html"], workspace_id, ticket_id, interaction_id)
    return html
