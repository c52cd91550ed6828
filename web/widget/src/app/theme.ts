/**
 * The inbox's colour on our grounds. Set by CSSOM, since the page's policy allows no inline
 * style; any colour that is not plain hexadecimal is not used.
 */

import { atLeast, inkOn, parseHex, toHex } from "@parley/shared/design/contrast";
import type { Look } from "../bridge/messages";

const fallback: readonly [number, number, number] = [59, 79, 224];
const grounds = { light: [255, 255, 255], dark: [20, 23, 29] } as const;

/** As the customer chose it: for the bubble, on a page that we do not know. */
export function lookOf(color: string): Look {
  const accent = parseHex(color) ?? fallback;
  return { accent: toHex(accent), ink: inkOn(accent) };
}

/**
 * The same colour on our own ground: just visible as a filling, whose ink is what must be read
 * (`accent`), and at 3:1 where the line alone says something, as the focus does (`line`).
 */
export function lookOn(color: string, dark: boolean): Look & { line: string } {
  const chosen = parseHex(color) ?? fallback;
  const ground = grounds[dark ? "dark" : "light"];
  const accent = atLeast(1.3, chosen, ground);
  return { accent: toHex(accent), ink: inkOn(accent), line: toHex(atLeast(3, chosen, ground)) };
}

export function applyLook(root: HTMLElement, look: ReturnType<typeof lookOn>): void {
  root.style.setProperty("--accent", look.accent);
  root.style.setProperty("--on-accent", look.ink);
  root.style.setProperty("--accent-line", look.line);
}
