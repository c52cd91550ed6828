/** Learns that the desk serves a newer console than the one that runs, and offers the reload. Asked when
 * the live connection comes back, as after every upgrade, and when a part of the console cannot be had:
 * the parts of an older build are gone from the desk. */
import { fetchPage, isFinal } from "@parley/shared/http";
import { persistently } from "../later";
import { watchLive } from "../live/actions";
import { createStore } from "../store";
import { offer } from "../ui/notices";
import { words } from "../words/view";
import { entryOf, isReplaced } from "./model";

export const buildStore = createStore<{ isOld: boolean }>({ isOld: false });

export const reload = (): void => location.reload();

/** Whether a newer console is served; a failure while the desk cannot say. */
async function checkBuild(): Promise<boolean> {
  if (!buildStore.get().isOld) {
    const isOld = isReplaced(entryOf(document.head.innerHTML), await fetchPage("/"));
    if (!isOld) return false;
    buildStore.set({ isOld });
  }
  offer(words()("outdated"), words()("reload"), reload);
  return true;
}

const unknown = (): boolean => false;

/** Asks after each break of the live connection; gives the undo. */
export function followBuild(): () => void {
  let hasBeenOnline = false;
  return watchLive((notice) => {
    if (notice.kind !== "phase" || notice.phase !== "online") return;
    // A desk that cannot say for so long will break the connection again.
    if (hasBeenOnline) void persistently(checkBuild, isFinal).catch(unknown);
    hasBeenOnline = true;
  });
}

/** A part of the console that is fetched when it is first needed: again while the desk is away, not when
 * the part is gone for good. */
export const fetchPart = <V>(fetch: () => Promise<V>): Promise<V> =>
  persistently(fetch, () => checkBuild().catch(unknown));
