/**
 * `/widget.js`: what runs in a customer's page, at most 3 kB. It keeps a queue for commands that
 * come early, draws the bubble and the frame, and passes commands on. All words, colours and
 * conversations live in the frame, on our own origin.
 */

import type { ToFrame, ToPage } from "../bridge/messages";
import { createPanel, type Panel } from "./panel";

interface BootOptions {
  inbox?: string;
  /** A JWT that the customer's server signed. */
  identity?: string;
  locale?: string;
  position?: "left" | "right";
  hideBubble?: boolean;
}

type Listener = (detail?: unknown) => void;
type Command = (...args: never[]) => void;
type Stub = { (...args: unknown[]): void; q?: ArrayLike<unknown>[]; ready?: boolean };

const script = document.currentScript as HTMLScriptElement;
const home = new URL(script.src).origin;
const page = window as unknown as { Parley?: Stub };

const listeners = new Map<string, Set<Listener>>();
let options: BootOptions = { ...(script.dataset as BootOptions) };
let panel: Panel | null = null;
/** Messages for a frame that does not listen yet. */
let waiting: ToFrame[] = [];
let listening = false;
let visible = false;
/** Signing out; a boot meanwhile waits until nothing is left. */
let closing = false;
let bootAfter = false;

function tell(event: string, detail?: unknown): void {
  for (const listener of listeners.get(event) ?? []) listener(detail);
}

function post(message: ToFrame): void {
  if (listening) panel?.frame.contentWindow?.postMessage({ ...message, parley: 1 }, home);
  else if (waiting.length < 50) waiting.push(message);
}

function setVisible(on: boolean): void {
  if (!panel || closing || visible === on) return;
  visible = on;
  panel.show(on);
  post({ type: "visible", on });
  tell(on ? "show" : "hide");
}

function boot(given: BootOptions = {}): void {
  options = { ...options, ...given };
  bootAfter = closing;
  if (closing) return;
  if (panel) {
    if (given.identity) post({ type: "identify", identity: given.identity });
    return;
  }
  if (!options.inbox || location.origin === "null") return;
  const query = new URLSearchParams({ inbox: options.inbox, origin: location.origin });
  panel = createPanel(`${home}/widget/?${query}`, {
    left: options.position === "left",
    bubble: !options.hideBubble,
    toggle: () => setVisible(!visible),
  });
  addEventListener("message", receive);
}

function remove(): void {
  removeEventListener("message", receive);
  panel?.remove();
  panel = null;
  waiting = [];
  listening = visible = closing = false;
  if (bootAfter) boot();
}

function receive(event: MessageEvent): void {
  const message = event.data as (ToPage & { parley?: number }) | null;
  if (event.origin !== home || !panel || event.source !== panel.frame.contentWindow) return;
  if (message?.parley !== 1) return;
  if (message.type === "loaded") {
    const { identity, locale } = options;
    const spoken = locale || document.documentElement.lang || null;
    listening = true;
    post({ type: "boot", identity: identity || null, locale: spoken, visible });
    for (const early of waiting.splice(0)) post(early);
  } else if (message.type === "state") {
    if (panel.draw(message)) tell("ready");
    tell("unread", message.unread);
  } else if (message.type === "hide") {
    setVisible(false);
  } else if (message.type === "gone") {
    remove();
  }
}

const commands: Record<string, Command> = {
  boot,
  identify: (identity: string) => boot({ identity }),
  update: ({ locale }: BootOptions = {}) => locale && post({ type: "locale", locale }),
  show: () => setVisible(true),
  hide: () => setVisible(false),
  open: (room?: string) => {
    setVisible(true);
    post({ type: "open", room: room ?? null });
  },
  prefill: (text: string) => {
    setVisible(true);
    post({ type: "prefill", text: String(text).slice(0, 2000) });
  },
  on: (event: string, listener: Listener) => {
    listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
  },
  off: (event: string, listener: Listener) => listeners.get(event)?.delete(listener),
  shutdown: () => {
    // The next visitor is not this one.
    options = { ...options, identity: "" };
    setVisible(false);
    closing = panel !== null;
    panel?.hide();
    post({ type: "shutdown" });
  },
};

function run([name, ...args]: unknown[]): void {
  const command = commands[String(name)];
  if (command) command(...(args as never[]));
}

if (!page.Parley?.ready) {
  const early = page.Parley?.q ?? [];
  page.Parley = Object.assign((...args: unknown[]) => run(args), { ready: true });
  boot();
  for (const call of early) run(Array.from(call));
}
