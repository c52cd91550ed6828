/** Whether the rail lies open over a narrow screen. */
import { createStore } from "../store";

export const railStore = createStore<{ isOpen: boolean }>({ isOpen: false });

export function openRail(): void {
  railStore.set({ isOpen: true });
}

export function closeRail(): void {
  railStore.set({ isOpen: false });
}
