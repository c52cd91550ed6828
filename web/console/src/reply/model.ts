/** What the screen says of a reply that several agents write. Pure. */
import type { DraftState, Taken } from "@parley/shared/draft/draft";
import type { Writer } from "@parley/shared/draft/page";
import type { Attachment } from "@parley/shared/resources";

/** The reply to one ticket, while its composer is open. */
export interface Reply {
  ticketId: string;
  state: DraftState;
  /** Longer than can be shared: what was written last is only here. */
  isTooLong: boolean;
  /** Sends it as a message with these files; what is written next is the next reply. */
  post(attachments: Attachment[]): void;
  insertUnsaid(): void;
  discardUnsaid(): void;
}

/** A reply under way: what comes back if it is refused. */
export interface Posted extends Taken {
  id: string;
  attachments: Attachment[];
}

/** The words that the reader needs to know of, the gravest first; null when all is well. */
export type Trouble = "too_long" | "away" | null;

export function troubleOf({ state, isTooLong }: Reply): Trouble {
  if (isTooLong) return "too_long";
  return state.line === "away" ? "away" : null;
}

/** The others who write here; this agent's other windows are nobody. */
export function othersOf(writers: readonly Writer[], meId: string): readonly Writer[] {
  return writers.filter(({ id }) => id !== meId);
}
