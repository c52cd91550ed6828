"""`parley rebuild`: every ticket folded again from its events and compared; the search index likewise."""

from __future__ import annotations

from collections.abc import Callable

from rich.progress import Progress, TextColumn, TimeElapsedColumn

from server.relay import search
from server.store import fold
from server.store.pool import Store
from server.store.workspaces import list_workspaces


async def rebuild(store: Store, tell: Callable[[str], None], *, mend: bool) -> bool:
    """Compare everything; returns whether all rows were their folds, or are now."""
    sound = True
    with Progress(TextColumn("{task.description}"), TimeElapsedColumn(), transient=True) as progress:
        task = progress.add_task("comparing", total=None)
        for workspace in await list_workspaces(store):
            tickets = differing = mended = 0
            async for page in fold.compare_all(store, workspace.id):
                tickets += len(page)
                for compared in page:
                    if compared.same:
                        continue
                    differing += 1
                    tell(
                        f"ticket {compared.row.id} (number {compared.row.number}) is not what its events say"
                    )
                    if mend:
                        mended += await fold.mend(store, workspace.id, compared.row.id)
                progress.update(task, description=f"{workspace.name}: {tickets} tickets compared")
            entries = 0
            async for found in search.rebuild(store, workspace.id):
                entries += found.differences
                progress.update(task, description=f"{workspace.name}: search index up to {found.last}")
            sound = sound and differing == mended
            tell(
                f"{workspace.name}: {tickets} tickets, {differing} differing, {mended} mended; "
                f"search index: {entries} entries mended"
            )
    return sound
