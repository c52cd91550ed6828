/** Follows who looks at which ticket of the lists that are joined. */
import { watchLive } from "../live/actions";
import { createStore } from "../store";
import { nobody, seen, type Viewing } from "./model";

export const viewingStore = createStore<{ viewing: Viewing }>({ viewing: nobody });

/** Gives the undo. */
export function followViewing(): () => void {
  return watchLive((notice) => {
    if (notice.kind === "viewing")
      viewingStore.set(({ viewing }) => ({ viewing: seen(viewing, notice.frame) }));
    if (notice.kind === "phase" && notice.phase !== "online") viewingStore.set({ viewing: nobody });
  });
}
