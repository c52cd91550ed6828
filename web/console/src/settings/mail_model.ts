/** What the state of a mailbox means. Pure. */
import type { Mailbox } from "@parley/shared/resources";

/** Not looked at for so long: something holds it up. */
const MAX_LAG_SECONDS = 900;

export type Health = "good" | "waiting" | "bad";

export function healthOf({ error, missing, lag_seconds, last_seen_at }: Mailbox): Health {
  if (error !== null || (missing ?? 0) > 0) return "bad";
  if (last_seen_at === null) return "waiting";
  return (lag_seconds ?? 0) > MAX_LAG_SECONDS ? "bad" : "good";
}

/** How much of a mailbox is here, from 0 to 1; null while nothing waits. */
export function shareFetched({ fetched, waiting }: Mailbox): number | null {
  return waiting > 0 ? fetched / (fetched + waiting) : null;
}
