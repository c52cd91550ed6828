/** The desk's people and places (agents, teams, inboxes, tags), fetched once and kept fresh, and
 * the one cache of everything that is fetched and not live. An answer may be under way for longer than
 * what is told meanwhile: whatever is known to be newer gives it up. */
import { isFinal } from "@parley/shared/http";
import type { Agent, Inbox, Tag, Team, View } from "@parley/shared/resources";
import { QueryClient } from "@tanstack/react-query";
import { http, listAll } from "../http";
import { createStore } from "../store";
import type { Presence } from "./model";

const MAX_AGAIN = 2;
const MAX_LASTING = 20;

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      // A refusal stays a refusal; only silence and a busy desk are worth another try.
      retry: (count, failure) => count < MAX_AGAIN && !isFinal(failure),
    },
  },
});

/** No place on the screen says that these are missing, or old: they are asked for until they come. */
const retry = (count: number, failure: Error) => count < MAX_LASTING && !isFinal(failure);

export const deskQueries = {
  agents: { queryKey: ["agents"], queryFn: () => listAll<Agent>("/agents"), retry },
  teams: { queryKey: ["teams"], queryFn: () => listAll<Team>("/teams"), retry },
  inboxes: { queryKey: ["inboxes"], queryFn: () => listAll<Inbox>("/inboxes"), retry },
  tags: { queryKey: ["tags"], queryFn: () => listAll<Tag>("/tags"), retry },
  views: { queryKey: ["views"], queryFn: fetchViews, retry },
} as const;

/** Who is at work, as the room `agents` tells it; null before it does. */
export const presenceStore = createStore<{ presence: Presence | null }>({ presence: null });

/** The views come as a plain list or as a page of one. */
async function fetchViews(): Promise<View[]> {
  const answer = await http.get<View[] | { data: View[] }>("/views");
  return Array.isArray(answer) ? answer : answer.data;
}

/** Fetches again what has changed. An answer under way may be older than the change, the very first too. */
export function refresh(...queryKey: string[]): Promise<void> {
  void queries.cancelQueries({ queryKey, type: "inactive" });
  // Silently: whoever waits for it gets the one that is asked for now.
  void queries.cancelQueries({ queryKey, type: "active" }, { silent: true, revert: false });
  return queries.invalidateQueries({ queryKey });
}

/** Shows this in the place of what was fetched, and of an answer under way. */
export function replace<T>(queryKey: readonly string[], value: T): void {
  void queries.cancelQueries({ queryKey, exact: true });
  queries.setQueryData<T>(queryKey, value);
}
