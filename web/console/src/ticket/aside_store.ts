/** Whether the pane beside the ticket is open: on a wide screen a lasting wish, on a narrow one a
 * sheet over the ticket that is closed again soon. */
import { prefer, preferencesStore } from "../preferences/actions";
import { createStore } from "../store";

const WIDE = "(min-width: 1240px)";

export const sheetStore = createStore<{ isOpen: boolean }>({ isOpen: false });

export function toggleAside(): void {
  if (matchMedia(WIDE).matches) prefer({ hasAside: !preferencesStore.get().hasAside });
  else sheetStore.set(({ isOpen }) => ({ isOpen: !isOpen }));
}

export function closeSheet(): void {
  sheetStore.set({ isOpen: false });
}
