/** Which colleagues have a ticket of the list open, and who writes there. Pure. A frame is the whole
 * state of one ticket; only the newest matters, and a lost connection leaves nothing of it. */
import type { Member } from "@parley/shared/frames";
import type { ViewingFrame } from "@parley/shared/live/session";

export interface Viewed {
  members: readonly Member[];
  typing: readonly Member[];
}

export type Viewing = ReadonlyMap<string, Viewed>;

export const nobody: Viewing = new Map();

export function seen(viewing: Viewing, { ticket_id, members, typing }: ViewingFrame): Viewing {
  const next = new Map(viewing);
  if (members.length || typing.length) next.set(ticket_id, { members, typing });
  else next.delete(ticket_id);
  return next;
}

export interface Viewer {
  id: string;
  name: string;
  isTyping: boolean;
}

/** The colleagues there, those who write first; this agent is not their own colleague. */
export function viewersOf({ members, typing }: Viewed, meId: string): Viewer[] {
  const writing = new Set(typing.flatMap(({ type, id }) => (type === "agent" && id ? [id] : [])));
  const known = new Map<string, Viewer>();
  for (const { type, id, name } of [...typing, ...members])
    if (type === "agent" && id && id !== meId)
      known.set(id, { id, name, isTyping: writing.has(id) });
  return [...known.values()].sort((a, b) => Number(b.isTyping) - Number(a.isTyping));
}

export function isCustomerTyping({ typing }: Viewed): boolean {
  return typing.some(({ type }) => type === "customer");
}
