/** Moves between conversations, and tells the server how far the visitor has read. */

import { effect } from "@preact/signals";
import type { App } from "../app";
import { loadDraft } from "../composer/actions";

export function openConversation(app: App, room: string | null): void {
  if (room) app.live.value?.join(room);
  app.screen.value = { kind: "conversation", room };
  loadDraft(app);
}

export function openHome(app: App): void {
  app.screen.value = { kind: "home" };
  loadDraft(app);
}

/** Reads what is on the screen, as long as somebody can see it. Returns its undo. */
export function watchReading(app: App, page: Document): () => void {
  const read = () => {
    const screen = app.screen.value;
    const live = app.live.value;
    if (app.beat.value < 0 || !app.visible.value || !live || screen.kind !== "conversation") return;
    const state = screen.room ? live.room(screen.room) : null;
    if (!state?.caughtUp || page.visibilityState !== "visible") return;
    live.read(state.room, state.history.seq);
  };
  const stop = effect(read);
  page.addEventListener("visibilitychange", read);
  return () => {
    stop();
    page.removeEventListener("visibilitychange", read);
  };
}
