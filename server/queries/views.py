"""The named lists of the console, with how many tickets are in each."""

from server.domain.identity import Agent
from server.domain.resources import View
from server.queries.tickets import SQL, visible_to
from server.store.pool import Connection

_OPEN = "status=new,open,pending,on_hold"
# id -> name, query of `/tickets`
VIEWS = {
    "all_open": ("All open", _OPEN),
    "mine": ("Mine", f"{_OPEN}&assignee_id=me"),
    "unassigned": ("Unassigned", f"{_OPEN}&assignee_id=none"),
    "breaching": ("Breached", f"{_OPEN}&breached=true"),
    "pending": ("Pending", "status=pending"),
    "resolved": ("Resolved", "status=resolved,closed"),
    "all": ("All", ""),
}


async def list_views(db: Connection, agent: Agent) -> list[View]:
    """Every view with its count for this agent; what is done is counted to ten thousand."""
    seen = visible_to(agent)
    counts = dict(await db.fetchrow(SQL["count_views"], agent.workspace_id, seen, agent.id))
    done = ["resolved", "closed"]
    counts["resolved"] = await db.fetchval(SQL["count_done"], agent.workspace_id, seen, done)
    counts["all"] = counts["all_open"] + counts["resolved"]
    return [
        View(id=view, name=name, query=query, count=counts[view]) for view, (name, query) in VIEWS.items()
    ]
