/** Moves between conversations, and tells the server how far the visitor has read. */

import type { Attachment, Id } from "@parley/shared/resources";
import { effect } from "@preact/signals";
import type { App } from "../app";
import { loadDraft } from "../composer/actions";
import { findFile } from "./model";

export function openConversation(app: App, room: string | null): void {
  if (room) app.live.value?.join(room);
  app.screen.value = { kind: "conversation", room };
  loadDraft(app);
}

export function openHome(app: App): void {
  app.screen.value = { kind: "home" };
  loadDraft(app);
}

/** Fetches a file whose link has run out: the history brings a fresh one. Gives up when it does not. */
export function fetchFile(app: App, id: Id): void {
  const screen = app.screen.value;
  const room = screen.kind === "conversation" ? screen.room : null;
  if (!room || !app.live.value) return;
  app.live.value.renew(room);
  const stop = effect(() => {
    const state = app.beat.value >= 0 ? app.live.value?.room(room) : null;
    if (state && !state.caughtUp) return;
    const file = findFile(state ?? null, id);
    queueMicrotask(() => stop());
    if (file) download(file);
  });
}

function download({ url, filename }: Attachment): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = filename;
  link.click();
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
