/** For tests: the server's side of one draft, by the contract of `docs/protocol.md`. */

import * as decoding from "lib0/decoding";
import * as encoding from "lib0/encoding";
import * as Y from "yjs";
import type { Id } from "../resources";
import { type DraftMessage, formatDraftFrame, parseDraftFrame } from "./codec";
import type { SharedDraft } from "./draft";

export const ticketId = "0192f000-0000-7000-8000-0000000000a1";

type Far = (payload: Uint8Array) => void;

/** Keeps the page of the newest generation and passes on what is written on it. */
export class FakeDesk {
  generation = 1;
  /** How many frames of an older generation came. */
  refused = 0;
  private doc = new Y.Doc();
  private readonly lines = new Map<Far, SharedDraft>();
  /** What each line said last of its cursor. */
  private readonly cursors = new Map<Far, Uint8Array>();

  constructor(private readonly ticket: Id = ticketId) {}

  connect(draft: SharedDraft, far: Far): void {
    this.lines.set(far, draft);
    draft.open(this.generation);
  }

  cut(draft: SharedDraft, far: Far): void {
    this.lines.delete(far);
    draft.close();
    const cursor = this.cursors.get(far);
    if (!cursor) return;
    this.cursors.delete(far);
    const payload = withdrawal(cursor);
    for (const other of this.lines.keys()) other(this.frame({ kind: "awareness", payload }));
  }

  hear(payload: Uint8Array, from: Far): void {
    const frame = parseDraftFrame(payload);
    if (!frame || !this.lines.has(from)) return;
    if (frame.generation !== this.generation) {
      this.refused++;
      return;
    }
    const { kind, payload: told } = frame.message;
    if (kind === "ask") {
      from(this.frame({ kind: "answer", payload: Y.encodeStateAsUpdate(this.doc, told) }));
      from(this.frame({ kind: "ask", payload: Y.encodeStateVector(this.doc) }));
      for (const [far, cursor] of this.cursors)
        if (far !== from) from(this.frame({ kind: "awareness", payload: cursor }));
      return;
    }
    if (kind === "awareness") this.cursors.set(from, told);
    else Y.applyUpdate(this.doc, told);
    const passed: DraftMessage =
      kind === "answer" ? { kind: "update", payload: told } : frame.message;
    for (const far of this.lines.keys()) if (far !== from) far(this.frame(passed));
  }

  /** A message took the draft with it; those who are not connected will hear it when they join. */
  send(generation: number, content: string): boolean {
    if (generation !== this.generation) return false;
    this.generation++;
    this.doc = new Y.Doc();
    this.cursors.clear();
    for (const draft of this.lines.values()) draft.open(this.generation);
    for (const draft of this.lines.values()) draft.sent(this.generation, content);
    return true;
  }

  private frame(message: DraftMessage): Uint8Array {
    return formatDraftFrame({ ticketId: this.ticket, generation: this.generation, message });
  }
}

/** That the cursor is gone, as the server says it: one tick later. */
function withdrawal(cursor: Uint8Array): Uint8Array {
  const decoder = decoding.createDecoder(cursor);
  decoding.readVarUint(decoder);
  const [client, clock] = [decoding.readVarUint(decoder), decoding.readVarUint(decoder)];
  const encoder = encoding.createEncoder();
  for (const number of [1, client, clock + 1]) encoding.writeVarUint(encoder, number);
  encoding.writeVarString(encoder, "null");
  return encoding.toUint8Array(encoder);
}
