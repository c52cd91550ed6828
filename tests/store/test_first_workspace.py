"""The first start: one workspace, however many roles start at the same moment."""

from __future__ import annotations

import asyncio

from server.settings import Settings
from server.store.pool import Store
from server.store.vault import Vault
from server.store.workspaces import list_workspaces
from server.workspace import make_first

VAULT = Vault(b"the key of a desk that starts for the first time")


async def test_roles_that_start_together_make_one_workspace(store: Store) -> None:
    made = await asyncio.gather(*(make_first(store, VAULT, Settings()) for _ in range(3)))
    assert sorted(one is not None for one in made) == [False, False, True]
    assert len(await list_workspaces(store)) == 1


async def test_a_later_start_makes_nothing(store: Store) -> None:
    assert await make_first(store, VAULT, Settings()) is not None
    assert await make_first(store, VAULT, Settings(workspace_name="Another")) is None
