/**
 * Typing, both ways. Pure. Hearing: who is typing in a room, each with an expiry, so that nobody
 * types for ever when the word "off" is lost. Telling: at most one "on" every three seconds, and
 * "off" once, after a pause or when the message goes. Where the text is told too, every second, so
 * that what is seen is what stands there.
 */

import type { Member } from "../frames";

export interface Typist {
  who: Member;
  text: string | null;
  until: number;
}

export const typingExpiresMs = 7_000;
const repeatMs = 3_000;
const peekMs = 1_000;
const idleMs = 4_000;

export function hearTyping(
  typists: readonly Typist[],
  who: Member,
  on: boolean,
  text: string | null,
  now: number,
): Typist[] {
  const others = typists.filter((typist) => !isSame(typist.who, who) && typist.until > now);
  return on ? [...others, { who, text, until: now + typingExpiresMs }] : others;
}

export function expireTyping(typists: readonly Typist[], now: number): readonly Typist[] {
  return typists.some(({ until }) => until <= now) ? typists.filter((t) => t.until > now) : typists;
}

export function isSame(a: Member, b: Member): boolean {
  return a.type === b.type && (a.id === null || b.id === null ? a.name === b.name : a.id === b.id);
}

/** When to tell the others that the person here is typing, in one room. */
export class TypingSignal {
  private toldAt: number | null = null;
  private keyedAt = 0;
  private isPeeked = false;

  get wakeAt(): number | null {
    if (this.toldAt === null) return null;
    const idleAt = this.keyedAt + idleMs;
    return this.isStale ? Math.min(idleAt, this.toldAt + peekMs) : idleAt;
  }

  /**
   * A key was pressed; `empty`: nothing is left in the composer; `isPeeked`: the text is told too.
   * Tells on, off, or nothing.
   */
  key(empty: boolean, now: number, isPeeked = false): boolean | null {
    if (empty) return this.rest();
    this.keyedAt = now;
    this.isPeeked = isPeeked;
    const pause = isPeeked ? peekMs : repeatMs;
    if (this.toldAt !== null && now - this.toldAt < pause) return null;
    this.toldAt = now;
    return true;
  }

  due(now: number): boolean | null {
    if (this.wakeAt === null || now < this.wakeAt) return null;
    if (now >= this.keyedAt + idleMs) return this.rest();
    this.toldAt = now;
    return true;
  }

  /** The text has changed since it was told. */
  private get isStale(): boolean {
    return this.isPeeked && this.toldAt !== null && this.keyedAt > this.toldAt;
  }

  /** The message went, or the composer closed. */
  rest(): boolean | null {
    if (this.toldAt === null) return null;
    this.toldAt = null;
    return false;
  }
}
