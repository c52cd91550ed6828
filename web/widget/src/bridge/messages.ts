/**
 * What passes between a customer's page (the loader) and the widget's frame. Both sides speak to
 * one exact origin and believe only the other's window; a message of any other shape is nobody's.
 * The page can ask the frame to show, fill in and sign out; it can neither send nor read.
 */

export type ToFrame =
  | { type: "boot"; identity: string | null; locale: string | null; visible: boolean }
  | { type: "identify"; identity: string }
  | { type: "locale"; locale: string }
  | { type: "visible"; on: boolean }
  /** `room` null: a new conversation. */
  | { type: "open"; room: string | null }
  | { type: "prefill"; text: string }
  | { type: "shutdown" };

export type ToPage =
  /** The frame listens now. */
  | { type: "loaded" }
  /** There is a chat to show; again at every change. */
  | { type: "state"; look: Look; unread: number; title: string; label: string }
  | { type: "hide" }
  /** Signed out, nothing is left here. */
  | { type: "gone" };

export interface Look {
  accent: string;
  ink: string;
}

export type Sealed<M> = M & { parley: 1 };

export const maxPrefillLength = 2000;
const maxTokenLength = 8192;

type Fields = Record<string, unknown>;

const short = (value: unknown, longest: number): value is string =>
  typeof value === "string" && value.length <= longest;
const shortOrNull = (value: unknown, longest: number) => value === null || short(value, longest);

const shapes: Record<ToFrame["type"], (fields: Fields) => boolean> = {
  boot: (f) =>
    shortOrNull(f.identity, maxTokenLength) &&
    shortOrNull(f.locale, 35) &&
    typeof f.visible === "boolean",
  identify: (f) => short(f.identity, maxTokenLength),
  locale: (f) => short(f.locale, 35),
  visible: (f) => typeof f.on === "boolean",
  open: (f) => f.room === null || (short(f.room, 64) && f.room.startsWith("ticket:")),
  prefill: (f) => short(f.text, maxPrefillLength),
  shutdown: () => true,
};

/** The page's message in `data`, or null: for somebody else, or not of our shape. */
export function parseToFrame(data: unknown): ToFrame | null {
  if (typeof data !== "object" || data === null) return null;
  const fields = data as Fields;
  if (fields.parley !== 1 || typeof fields.type !== "string") return null;
  if (!Object.hasOwn(shapes, fields.type)) return null;
  return shapes[fields.type as ToFrame["type"]](fields) ? (fields as unknown as ToFrame) : null;
}

/** The origin that the loader put into the frame's address, when it is one that can be spoken to. */
export function readPageOrigin(search: string): string | null {
  const named = new URLSearchParams(search).get("origin");
  if (!named || !/^https?:\/\//.test(named) || !URL.canParse(named)) return null;
  return new URL(named).origin === named ? named : null;
}
