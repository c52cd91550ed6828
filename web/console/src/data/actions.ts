/** The desk's people and places (agents, teams, inboxes, tags), fetched once and kept fresh, and
 * the one cache of everything that is fetched and not live. */
import { ProblemError } from "@parley/shared/http";
import type { Agent, Inbox, Tag, Team, View } from "@parley/shared/resources";
import { QueryClient } from "@tanstack/react-query";
import { http, listAll } from "../http";

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      // A refusal stays a refusal; only silence is worth another try.
      retry: (count, failure) => count < 2 && !(failure instanceof ProblemError),
    },
  },
});

export const deskQueries = {
  agents: { queryKey: ["agents"], queryFn: () => listAll<Agent>("/agents") },
  teams: { queryKey: ["teams"], queryFn: () => listAll<Team>("/teams") },
  inboxes: { queryKey: ["inboxes"], queryFn: () => listAll<Inbox>("/inboxes") },
  tags: { queryKey: ["tags"], queryFn: () => listAll<Tag>("/tags") },
  views: { queryKey: ["views"], queryFn: fetchViews },
} as const;

/** The views come as a plain list or as a page of one. */
async function fetchViews(): Promise<View[]> {
  const answer = await http.get<View[] | { data: View[] }>("/views");
  return Array.isArray(answer) ? answer : answer.data;
}

/** Fetches again what an edit has changed. */
export function refresh(...keys: string[]): Promise<void> {
  return queries.invalidateQueries({ queryKey: keys });
}
