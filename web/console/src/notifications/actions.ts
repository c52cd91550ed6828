/** Fetches what an agent is notified of, marks it as read, and follows what the server says of it. */
import type { Id } from "@parley/shared/resources";
import { http } from "../http";
import { watchLive } from "../live/actions";
import { report } from "../problem";
import { createStore } from "../store";
import { type Bell, type Fetched, type Input, isStale, receive, SILENT } from "./model";

export const bellStore = createStore<Bell>(SILENT);

function hear(input: Input): void {
  bellStore.set((bell) => receive(bell, input));
}

const SIZE = 30;

async function fetchPage(after: string | null): Promise<Fetched> {
  return http.get<Fetched>("/notifications", {
    query: { "page[size]": SIZE, "page[after]": after },
  });
}

/** Of answers under way the one that was asked for last is shown: an older one would undo what is known. */
let asked = 0;
let isAsking = false;

/** Fetches the newest. Failing is quiet: the bell says so when it is open. */
export async function fetchNotifications(): Promise<void> {
  asked += 1;
  const mine = asked;
  isAsking = true;
  const answer = await fetchPage(null).then(
    (page): Input => ({ kind: "fetched", page }),
    (): Input => ({ kind: "failed" }),
  );
  if (mine !== asked) return;
  isAsking = false;
  hear(answer);
}

export function growNotifications(): void {
  const { after } = bellStore.get();
  if (after) fetchPage(after).then((page) => hear({ kind: "grown", page }), report);
}

export function openBell(): void {
  hear({ kind: "opened" });
  void fetchNotifications();
}

export function closeBell(): void {
  hear({ kind: "closed" });
}

/** At once here; what the server did not take is fetched again. */
export function markRead(id: Id): void {
  hear({ kind: "read", id, at: new Date().toISOString() });
  http.put(`/notifications/${id}/read`).catch(refetch);
}

export function markAllRead(): void {
  hear({ kind: "all_read", at: new Date().toISOString() });
  http.post("/notifications/read").catch(refetch);
}

function refetch(failure: unknown): void {
  report(failure);
  void fetchNotifications();
}

/** Hears of new ones at once, and counts anew after each break; gives the undo. */
export function followNotifications(): () => void {
  void fetchNotifications();
  const stop = watchLive((notice) => {
    if (notice.kind === "phase" && notice.phase === "online") void fetchNotifications();
    if (notice.kind !== "notified") return;
    hear({ kind: "told", unread: notice.unread });
    const bell = bellStore.get();
    // What was asked for before this was told may be older than it.
    if (isAsking || (bell.isOpen && isStale(bell))) void fetchNotifications();
  });
  return () => {
    stop();
    asked += 1; // an answer under way is nobody's now
    bellStore.set(SILENT);
  };
}
