"""`parley rebuild`: every ticket folded again from its events and compared; what was made of them likewise.

The search index and the roll-ups of reports are mended as they are compared; attached files whose words are
not in the index are read.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec
from rich.progress import Progress, TextColumn, TimeElapsedColumn

from connectors.extract.reader import SandboxReader
from server.domain.resources import Workspace
from server.relay import rollups, search
from server.relay.files import FileIndex
from server.store import fold
from server.store.blobs import Blobs
from server.store.pool import Store
from server.store.workspaces import list_workspaces

Tell = Callable[[str], None]
Part = Literal["tickets", "search", "reports"]


class Folded(msgspec.Struct):
    """How the tickets of a workspace compared with their events."""

    tickets: int = 0
    differing: int = 0
    mended: int = 0

    @property
    def told(self) -> str:
        """In words."""
        return f"{self.tickets} tickets, {self.differing} differing, {self.mended} mended"


async def rebuild(
    store: Store, attachments: Path, tell: Tell, *, mend: bool, only: Part | None = None
) -> bool:
    """Compare everything, or `only` a part; returns whether all rows were their folds, or are now."""
    sound, reader = True, SandboxReader()
    files = FileIndex(store, Blobs(attachments), reader)
    try:
        with Progress(TextColumn("{task.description}"), TimeElapsedColumn(), transient=True) as progress:
            task = progress.add_task("comparing", total=None)

            def show(text: str) -> None:
                progress.update(task, description=text)

            for workspace in await list_workspaces(store):
                found: list[str] = []
                if only in (None, "tickets"):
                    folded = await _fold(store, workspace, tell, show, mend=mend)
                    sound = sound and folded.differing == folded.mended
                    found.append(folded.told)
                if only in (None, "search"):
                    found.append(await _search(store, files, workspace, show))
                if only in (None, "reports"):
                    found.append(f"reports: {await _count(store, workspace, show)} differences mended")
                tell(f"{workspace.name}: {'; '.join(found)}")
    finally:
        await reader.close()
    return sound


async def _search(store: Store, files: FileIndex, workspace: Workspace, show: Tell) -> str:
    entries, read = await _index(store, workspace, show), await _read(files, workspace, show)
    return f"search index: {entries} entries mended, {read} files read"


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


async def _count(store: Store, workspace: Workspace, show: Tell) -> int:
    differences = 0
    async for step in rollups.rebuild(store, workspace.id):
        differences += step.differences
        show(f"{workspace.name}: reports up to {step.until}")
    return differences
