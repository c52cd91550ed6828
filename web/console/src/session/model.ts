/** Who sits here. `expired` keeps the agent: the screen stays as it is, with what was typed, and
 * sign-in is asked on top of it. Pure. */
import type { Agent, AgentSession } from "@parley/shared/resources";

export type Session =
  | { phase: "unknown" }
  | { phase: "unreachable" }
  | { phase: "signed_out" }
  | ({ phase: "signed_in" } & AgentSession)
  | ({ phase: "expired" } & AgentSession);

export function expired(session: Session): Session {
  return session.phase === "signed_in" ? { ...session, phase: "expired" } : session;
}

export function signedIn(answer: AgentSession): Session {
  return { ...answer, phase: "signed_in" };
}

/** True when another person signs in over somebody's open screen: it must be built anew. */
export function isSomebodyElse(before: Session, answer: AgentSession): boolean {
  return before.phase === "expired" && before.agent.id !== answer.agent.id;
}

export function agentOf(session: Session): Agent | null {
  return session.phase === "signed_in" || session.phase === "expired" ? session.agent : null;
}

export function workspaceOf(session: Session): AgentSession["workspace"] | null {
  return session.phase === "signed_in" || session.phase === "expired" ? session.workspace : null;
}

export function csrfOf(session: Session): string | null {
  return session.phase === "signed_in" || session.phase === "expired" ? session.csrf_token : null;
}

export function isAdmin(agent: Agent): boolean {
  return agent.roles.includes("admin");
}

/** A light agent reads and writes notes; everything else is for agents and admins. */
export function mayAnswer(agent: Agent): boolean {
  return agent.roles.includes("admin") || agent.roles.includes("agent");
}
