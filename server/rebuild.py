"""`parley rebuild`: every ticket folded again from its events and compared; the search index likewise.

Attached files whose words are not in the index are read.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from connectors.extract.reader import SandboxReader
from server.domain.resources import Workspace
from server.relay import search
from server.relay.files import FileIndex
from server.store import fold
from server.store.blobs import Blobs
from server.store.pool import Store
from server.store.workspaces import list_workspaces

Tell = Callable[[str], None]


class Folded(msgspec.Struct):
    """How the tickets of a workspace compared with their events."""

    tickets: int = 0
    differing: int = 0
    mended: int = 0


async def rebuild(store: Store, attachments: Path, tell: Tell, *, mend: bool) -> bool:
    """Compare everything; returns whether all rows were their folds, or are now."""
    sound, reader = True, SandboxReader()
    files = FileIndex(store, Blobs(attachments), reader)
    try:
        with Progress(TextColumn("{task.description}"), TimeElapsedColumn(), transient=True) as progress:
            task = progress.add_task("comparing", total=None)

            def show(text: str) -> None:
                progress.update(task, description=text)

            for workspace in await list_workspaces(store):
                folded = await _fold(store, workspace, tell, show, mend=mend)
                entries = await _index(store, workspace, show)
                read = await _read(files, workspace, show)
                sound = sound and folded.differing == folded.mended
                tell(
                    f"{workspace.name}: {folded.tickets} tickets, {folded.differing} differing, "
                    f"{folded.mended} mended; search index: {entries} entries mended, {read} files read"
                )
    finally:
        await reader.close()
    return sound


async def _fold(store: Store, workspace: Workspace, tell: Tell, show: Tell, *, mend: bool) -> Folded:
    found = Folded()
    async for page in fold.compare_all(store, workspace.id):
        found.tickets += len(page)
        for compared in page:
            if compared.same:
                continue
            found.differing += 1
            tell(f"ticket {compared.row.id} (number {compared.row.number}) is not what its events say")
            if mend:
                found.mended += await fold.mend(store, workspace.id, compared.row.id)
        show(f"{workspace.name}: {found.tickets} tickets compared")
    return found


async def _index(store: Store, workspace: Workspace, show: Tell) -> int:
    entries = 0
    async for found in search.rebuild(store, workspace.id):
        entries += found.differences
        show(f"{workspace.name}: search index up to {found.last}")
    return entries


async def _read(files: FileIndex, workspace: Workspace, show: Tell) -> int:
    read = 0
    async for page in files.rebuild(workspace.id):
        read += page.files
        show(f"{workspace.name}: {read} attached files read")
    return read
