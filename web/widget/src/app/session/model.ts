/** Who the visitor is to this inbox, as this browser remembers it. Pure. */
import type { WidgetRoom } from "@parley/shared/resources";

export interface Remembered {
  token: string;
  visitor_id: string;
  /** Whose signed identity it was, or null for an anonymous visitor. */
  subject: string | null;
}

export const rememberedKey = (inbox: string) => `parley:visitor:${inbox}`;
export const draftKey = (inbox: string, room: string | null) =>
  `parley:draft:${inbox}:${room ?? "new"}`;
export const draftPrefix = (inbox: string) => `parley:draft:${inbox}:`;

export function parseRemembered(stored: string | null): Remembered | null {
  if (!stored) return null;
  try {
    const found = JSON.parse(stored) as Partial<Remembered>;
    if (typeof found.token !== "string" || typeof found.visitor_id !== "string") return null;
    const subject = typeof found.subject === "string" ? found.subject : null;
    return { token: found.token, visitor_id: found.visitor_id, subject };
  } catch {
    return null;
  }
}

/**
 * The subject of a signed identity, unverified: only to notice that somebody else has signed in
 * on this browser. The server verifies.
 */
export function subjectOf(identity: string | null): string | null {
  if (!identity) return null;
  try {
    const payload = (identity.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const claims = JSON.parse(atob(payload)) as Record<string, unknown>;
    const subject = claims.sub ?? claims.user_id ?? claims.email;
    return typeof subject === "string" ? subject : null;
  } catch {
    return null;
  }
}

/** Whether what is remembered may be carried into a session of this identity. */
export function isSamePerson(remembered: Remembered, identity: string | null): boolean {
  return remembered.subject === null || remembered.subject === subjectOf(identity);
}

/** The conversations as the server told them, and those that began here while it was asked. */
export function withBegun(
  told: readonly WidgetRoom[],
  known: readonly WidgetRoom[],
): readonly WidgetRoom[] {
  const rooms = new Set(told.map(({ room }) => room));
  return [...known.filter(({ room }) => !rooms.has(room)), ...told];
}
