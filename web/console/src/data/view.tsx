/** People and places by id, for names, menus and filters. */
import type { Agent, AgentSession, Inbox, Tag, Team, View } from "@parley/shared/resources";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { agentOf, workspaceOf } from "../session/model";
import { sessionStore } from "../session/store";
import { useStore } from "../store";
import { deskQueries, presenceStore } from "./actions";
import { withPresence } from "./model";

const NONE: readonly never[] = [];

export function useAgents(): readonly Agent[] {
  const agents = useQuery(deskQueries.agents).data ?? NONE;
  const presence = useStore(presenceStore, (state) => state.presence);
  return useMemo(() => withPresence(agents, presence), [agents, presence]);
}

export function useTeams(): readonly Team[] {
  return useQuery(deskQueries.teams).data ?? NONE;
}

export function useInboxes(): readonly Inbox[] {
  return useQuery(deskQueries.inboxes).data ?? NONE;
}

export function useTags(): readonly Tag[] {
  return useQuery(deskQueries.tags).data ?? NONE;
}

export function useViews(): readonly View[] {
  return useQuery(deskQueries.views).data ?? NONE;
}

/** The agent who sits here; only below the sign-in. */
export function useMe(): Agent {
  const agent = useStore(sessionStore, ({ session }) => agentOf(session));
  if (!agent) throw new Error("nobody is signed in");
  return agent;
}

/** The workspace of who sits here; only below the sign-in. */
export function useWorkspace(): AgentSession["workspace"] {
  const workspace = useStore(sessionStore, ({ session }) => workspaceOf(session));
  if (!workspace) throw new Error("nobody is signed in");
  return workspace;
}
