/**
 * The shared draft of one ticket, as one window has it: the page that everybody writes on, the
 * line to the others, and what becomes of a page that is sent. It is told what comes over the live
 * connection and says what to carry; it neither opens sockets nor keeps storage.
 *
 * A page belongs to one generation of the draft. Sending takes it away at once, and the writer
 * goes on with a blank one; the server's word decides: sent (by us or a colleague) and the blank
 * page is the next generation's, or refused and the old page comes back. A page of an older
 * generation never meets the server again, so that nothing of it is reborn.
 */

import {
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  removeAwarenessStates,
} from "y-protocols/awareness";
import * as Y from "yjs";
import type { Cancel, Clock } from "../live/clock";
import type { Id } from "../resources";
import { type DraftMessage, formatDraftFrame, parseDraftFrame } from "./codec";
import { DraftPage, type KeptPage, type Writer } from "./page";
import { append, listSigns, parseClocks } from "./text";
import { unsaid } from "./unsaid";

export interface DraftState {
  /** Replaced when another draft begins: an editor belongs to one page. */
  readonly page: DraftPage;
  /** `away`: no line; `asking`: what the others wrote meanwhile is on its way. */
  readonly line: "away" | "asking" | "synced";
  /** Everything written here is known to be with the server. */
  readonly isMerged: boolean;
  readonly isBlank: boolean;
  /** The others with a cursor on the page. */
  readonly writers: readonly Writer[];
  /** Own words that were left out when a draft was sent. */
  readonly unsaid: string;
}

export interface DraftOptions {
  ticketId: Id;
  clock: Clock;
  carry: (payload: Uint8Array<ArrayBuffer>) => void;
  /** The state has changed. */
  tell: () => void;
  /** What the draft before `generation` was sent as, if that has been told already. */
  sentBefore: (generation: number) => string | null;
  /** From before a reload. */
  kept: KeptPage | null;
  unsaid: string;
}

export interface Taken {
  content: string;
  /** Absent: nobody else has seen this text. */
  draft?: number;
}

/** How long after a change the server is asked whether it has it. */
const probeMs = 1_500;
/** How long a page waits for the message that it became. */
const farewellMs = 5_000;
const announceMs = 60;

export class SharedDraft {
  state: DraftState;
  /** Sent, and not answered yet. */
  private held: DraftPage | null = null;
  private readonly gone = new Map<DraftPage, Cancel>();
  private probe: Cancel | null = null;
  private announcing: Cancel | null = null;
  /** What was deleted without a line has not been told on this one. */
  private isNewLine = false;

  constructor(private readonly options: DraftOptions) {
    const page = this.lay(new DraftPage(options.kept?.generation ?? null, options.kept));
    this.state = { ...viewOf(page), line: "away", unsaid: options.unsaid };
  }

  /** The room is joined, or another draft has begun in it. */
  open(generation: number): void {
    const { active } = this;
    if (active.generation !== null && active.generation !== generation) {
      this.farewell(active);
      if (this.held) this.held = null;
      else this.turn(this.lay(new DraftPage()));
    }
    this.active.generation = generation;
    this.isNewLine = true;
    this.set({ line: "asking" });
    this.ask();
    const { awareness } = this.active;
    // Twice: it must be newer than the server's word, when the line broke, that nobody is here.
    for (let i = 0; i < 2; i++) awareness.setLocalState(awareness.getLocalState());
  }

  /** The line is broken; writing goes on. */
  close(): void {
    const { awareness, doc } = this.active;
    const others = [...awareness.getStates().keys()].filter((id) => id !== doc.clientID);
    removeAwarenessStates(awareness, others, this);
    // Their clocks too: back on the line, what they said before is news.
    for (const id of others) awareness.meta.delete(id);
    this.set({ line: "away" });
  }

  /** A binary frame. One that is not of this draft, or cannot be trusted, changes nothing. */
  receive(payload: Uint8Array): void {
    const frame = parseDraftFrame(payload);
    const { active } = this;
    if (frame?.ticketId !== this.options.ticketId || frame.generation !== active.generation) return;
    try {
      this.hear(active, frame.message);
    } catch {
      // Not what it says it is. The next answer brings what it should have brought.
    }
  }

  /** A message was told that a draft became: `generation` began with it. */
  sent(generation: number, content: string): void {
    const { active } = this;
    const isNews = active.generation !== null && generation > active.generation;
    if (isNews && this.state.line !== "away") this.open(generation);
    for (const page of this.gone.keys()) {
      if (page.generation === generation - 1) this.settle(page, content);
    }
  }

  /** Takes the page away to be sent; a blank one takes its place. */
  take(): Taken {
    const { page } = this.state;
    const content = page.text.trimEnd();
    page.awareness.setLocalState(null);
    if (!this.held) this.announce();
    const isShared = !this.held && page.generation !== null;
    if (isShared) this.held = page;
    this.turn(this.lay(new DraftPage()));
    return isShared ? { content, draft: page.generation as number } : { content };
  }

  /** The server did not take it: the page is back, with what was written since below it. */
  giveBack(): void {
    const { held, state } = this;
    if (!held) return;
    const since = state.page.text.trim();
    this.held = null;
    held.awareness.setLocalState({});
    this.turn(held);
    if (since) append(held.doc, since);
  }

  insertUnsaid(): void {
    append(this.state.page.doc, this.state.unsaid);
    this.set({ unsaid: "" });
  }

  discardUnsaid(): void {
    this.set({ unsaid: "" });
  }

  destroy(): void {
    this.state.page.awareness.setLocalState(null);
    this.announce();
    this.probe?.();
    for (const cancel of this.gone.values()) cancel();
    for (const page of [...this.gone.keys(), this.held, this.state.page]) page?.destroy();
    this.announcing?.();
  }

  /** The page that the server's generation means: others write on it. */
  private get active(): DraftPage {
    return this.held ?? this.state.page;
  }

  private hear(page: DraftPage, { kind, payload }: DraftMessage): void {
    switch (kind) {
      case "ask":
        this.answer(page, payload);
        return;
      case "answer":
        Y.applyUpdate(page.doc, payload, this);
        this.set({ line: "synced" });
        return;
      case "update":
        Y.applyUpdate(page.doc, payload, this);
        return;
      case "awareness":
        applyAwarenessUpdate(page.awareness, payload, this);
        return;
      default:
        kind satisfies never;
    }
  }

  /** Gives what the server lacks: deletions have no clock, so a new line is told all of them. */
  private answer(page: DraftPage, vector: Uint8Array): void {
    page.given = parseClocks(vector);
    if (this.isNewLine || page.isAheadOf(page.given)) {
      this.isNewLine = false;
      this.carry(page, { kind: "answer", payload: Y.encodeStateAsUpdate(page.doc, vector) });
    }
    this.look();
  }

  private ask(): void {
    const { active } = this;
    this.carry(active, { kind: "ask", payload: Y.encodeStateVector(active.doc) });
  }

  /** Follows what is written on a page, and by whom. */
  private lay(page: DraftPage): DraftPage {
    page.doc.on("update", (update: Uint8Array, origin: unknown) => {
      if (origin !== this) this.wrote(page, update);
      this.look();
    });
    page.awareness.on("update", (_change: object, origin: unknown) => {
      if (origin === "local") this.announceSoon();
      this.look();
    });
    return page;
  }

  private wrote(page: DraftPage, update: Uint8Array): void {
    if (page !== this.active) return;
    this.carry(page, { kind: "update", payload: update });
    this.probe ??= this.options.clock.after(probeMs, () => {
      this.probe = null;
      this.ask();
    });
  }

  /** A cursor moves with every key; the others need not see each of its steps. */
  private announceSoon(): void {
    this.announcing ??= this.options.clock.after(announceMs, () => this.announce());
  }

  private announce(): void {
    const { active } = this;
    this.announcing?.();
    this.announcing = null;
    const payload = encodeAwarenessUpdate(active.awareness, [active.doc.clientID]);
    this.carry(active, { kind: "awareness", payload });
  }

  private carry({ generation }: DraftPage, message: DraftMessage): void {
    if (this.state.line === "away" || generation === null) return;
    const { ticketId, carry } = this.options;
    carry(formatDraftFrame({ ticketId, generation, message }));
  }

  /** The page was sent, by whomever. Own words that the message does not have are given back. */
  private farewell(page: DraftPage): void {
    const content = this.options.sentBefore((page.generation ?? 0) + 1);
    const wait = () => this.settle(page, "");
    this.gone.set(page, content === null ? this.options.clock.after(farewellMs, wait) : () => {});
    if (content !== null) this.settle(page, content);
  }

  private settle(page: DraftPage, content: string): void {
    this.gone.get(page)?.();
    this.gone.delete(page);
    const left = unsaid(listSigns(page.doc), content, page.clients, page.given);
    // An editor may still hold the page in this turn.
    this.options.clock.after(0, () => page.destroy());
    if (left) this.set({ unsaid: [this.state.unsaid, left].filter(Boolean).join("\n") });
  }

  private turn(page: DraftPage): void {
    this.set(viewOf(page));
  }

  /** Looks at the page anew. */
  private look(): void {
    const { page } = this.state;
    const { isMerged, isBlank, writers } = viewOf(page);
    const same = JSON.stringify(writers) === JSON.stringify(this.state.writers);
    this.set({ isMerged, isBlank, writers: same ? this.state.writers : writers });
  }

  private set(fields: Partial<DraftState>): void {
    const next = { ...this.state, ...fields };
    const names = Object.keys(fields) as (keyof DraftState)[];
    if (names.every((name) => this.state[name] === next[name])) return;
    this.state = next;
    this.options.tell();
  }
}

function viewOf(page: DraftPage): Pick<DraftState, "page" | "isMerged" | "isBlank" | "writers"> {
  const { isMerged, text } = page;
  return { page, isMerged, isBlank: !text.trim(), writers: page.listWriters() };
}
