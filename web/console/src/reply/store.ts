/** The reply that is open, for those who do not need the editor to know of it. */
import { createStore } from "../store";
import type { Reply } from "./model";

export const replyStore = createStore<{
  reply: Reply | null;
  /** The editor takes the focus as soon as it is there. */
  wantsFocus: boolean;
}>({ reply: null, wantsFocus: false });

export function replyTo(ticketId: string): Reply | null {
  const { reply } = replyStore.get();
  return reply?.ticketId === ticketId ? reply : null;
}
