/** What the screen reads from the live connection. */
import type { Phase } from "@parley/shared/live/connection";
import type { Outgoing } from "@parley/shared/live/outbox";
import type { RoomState } from "@parley/shared/live/room";
import { useCallback, useSyncExternalStore } from "react";
import { useStore } from "../store";
import { live, outgoingIn, phaseStore, watchLive } from "./actions";

function useFollowed<T>(room: string, read: (room: string) => T): T {
  const subscribe = useCallback(
    (follow: () => void) =>
      watchLive((notice) => {
        if (notice.kind === "room" && notice.room === room) follow();
      }),
    [room],
  );
  return useSyncExternalStore(subscribe, () => read(room));
}

const stateOf = (room: string) => live().room(room);

/** Who is in a room, who types, what was told; null until it is joined. */
export function useRoom(room: string): RoomState | null {
  return useFollowed(room, stateOf);
}

export function useOutgoing(room: string): readonly Outgoing[] {
  return useFollowed(room, outgoingIn);
}

export function usePhase(): Phase {
  return useStore(phaseStore, (state) => state.phase);
}
