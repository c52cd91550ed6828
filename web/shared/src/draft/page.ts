/**
 * The page of one generation of a draft, in one window: the document, who has a cursor in it, and
 * what is known of it elsewhere.
 */

import { Awareness } from "y-protocols/awareness";
import * as Y from "yjs";
import type { Id } from "../resources";
import { type Clocks, fragmentOf, plainText } from "./text";

/** Who writes on a page, as the awareness tells it. */
export interface Writer {
  id: Id;
  name: string;
}

/** A page as it is kept over a reload, as JSON. */
export interface KeptPage {
  generation: number | null;
  /** Under which ids this person has written on it. */
  clients: number[];
  given: [number, number][];
  /** The document, in base64. */
  update: string;
}

export class DraftPage {
  readonly doc = new Y.Doc();
  readonly awareness = new Awareness(this.doc);
  readonly fragment = fragmentOf(this.doc);
  /** The ids under which this person has written here: another one after each reload. */
  readonly clients = new Set([this.doc.clientID]);
  /** What the server had when it was last asked. */
  given: Clocks = new Map();

  constructor(
    /** Null: on nobody's desk but ours yet. */
    public generation: number | null = null,
    kept: KeptPage | null = null,
  ) {
    if (!kept) return;
    for (const client of kept.clients) this.clients.add(client);
    this.given = new Map(kept.given);
    Y.applyUpdate(this.doc, fromBase64(kept.update), this);
  }

  get text(): string {
    return plainText(this.doc);
  }

  /** The server has everything that this person wrote here. */
  get isMerged(): boolean {
    return [...this.clients].every(
      (id) => Y.getState(this.doc.store, id) <= (this.given.get(id) ?? 0),
    );
  }

  /** Somebody's words, or deletions, that `clocks` does not have. */
  isAheadOf(clocks: Clocks): boolean {
    const own = Y.decodeStateVector(Y.encodeStateVector(this.doc));
    return [...own].some(([client, clock]) => clock > (clocks.get(client) ?? 0));
  }

  /** The others with a cursor on the page, each once. */
  listWriters(): Writer[] {
    const writers = new Map<Id, Writer>();
    for (const [client, state] of this.awareness.getStates()) {
      const writer = client === this.doc.clientID ? null : parseWriter(state);
      if (writer) writers.set(writer.id, writer);
    }
    return [...writers.values()];
  }

  toKept(): KeptPage {
    return {
      generation: this.generation,
      clients: [...this.clients],
      given: [...this.given],
      update: toBase64(Y.encodeStateAsUpdate(this.doc)),
    };
  }

  destroy(): void {
    this.doc.destroy();
  }
}

/** Null for whoever has no cursor here, and for what cannot be trusted. */
function parseWriter(state: Record<string, unknown>): Writer | null {
  const { user, cursor } = state as { user?: Partial<Writer>; cursor?: unknown };
  const isKnown = typeof user?.id === "string" && typeof user.name === "string";
  return isKnown && cursor ? { id: user.id as Id, name: user.name as string } : null;
}

/** The page in a kept JSON text, or null where there is none to trust. */
export function parseKeptPage(text: string | null): KeptPage | null {
  try {
    const read = JSON.parse(text ?? "null") as Partial<KeptPage> | null;
    const isWhole = Array.isArray(read?.clients) && Array.isArray(read.given);
    if (!isWhole || typeof read?.update !== "string") return null;
    Y.decodeUpdate(fromBase64(read.update));
    return { generation: read.generation ?? null, ...read } as KeptPage;
  } catch {
    return null;
  }
}

function toBase64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
}
