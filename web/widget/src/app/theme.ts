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

/** The same colour, moved until it stands out from our own ground. */
export function lookOn(color: string, dark: boolean): Look {
  const accent = atLeast(3, parseHex(color) ?? fallback, grounds[dark ? "dark" : "light"]);
  return { accent: toHex(accent), ink: inkOn(accent) };
}

export function applyLook(root: HTMLElement, { accent, ink }: Look): void {
  root.style.setProperty("--accent", accent);
  root.style.setProperty("--on-accent", ink);
}
