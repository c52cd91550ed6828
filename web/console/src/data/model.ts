/** Who is at work. Pure. */
import type { Member } from "@parley/shared/frames";
import type { Agent, AgentStatus } from "@parley/shared/resources";

/** The status of everybody who is there, by id; whoever is missing is away from the desk. */
export type Presence = ReadonlyMap<string, AgentStatus>;

export function presenceOf(members: readonly Member[]): Presence {
  return new Map(members.flatMap(({ id, status }) => (id && status ? [[id, status]] : [])));
}

/** The agents as they were fetched, whenever that was, with the status that was told. */
export function withPresence(
  agents: readonly Agent[],
  presence: Presence | null,
): readonly Agent[] {
  if (!presence) return agents;
  return agents.map((agent) => ({ ...agent, status: presence.get(agent.id) ?? "offline" }));
}
