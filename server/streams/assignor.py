"""The assignor of a transport without a group: whoever consumes, consumes every partition.

That only one process does so is seen to before the app is started (server/streams/sla.py).
"""

from __future__ import annotations

from faust.types import TP, AppT
from faust.types.assignor import HostToPartitionMap, PartitionAssignorT
from yarl import URL


class SoleAssignor(PartitionAssignorT):
    """All partitions are active here, none is on standby, and there is no other host."""

    def __init__(self, app: AppT, replicas: int = 0) -> None:
        self.app = app
        self.replicas = 0
        self.assigned: set[TP] = set()

    def group_for_topic(self, topic: str) -> int:
        return 0

    def assigned_standbys(self) -> set[TP]:
        return set()

    def assigned_actives(self) -> set[TP]:
        return set(self.assigned)

    def is_active(self, tp: TP) -> bool:
        return True

    def is_standby(self, tp: TP) -> bool:
        return False

    def key_store(self, topic: str, key: bytes) -> URL:
        return URL(self.app.conf.canonical_url)

    def table_metadata(self, topic: str) -> HostToPartitionMap:
        return {}

    def tables_metadata(self) -> HostToPartitionMap:
        return {}
