/** The frame's side of the bridge: the thin shell around `messages.ts`. */

import { parseToFrame, readPageOrigin, type ToFrame, type ToPage } from "./messages";

export interface PageBridge {
  post(message: ToPage): void;
}

/**
 * Listens to the page around us, and to nobody else. Null when there is none that we could trust:
 * framed without an origin, or by an origin that has no name (a sandbox, a file).
 */
export function openPageBridge(
  frame: Window,
  receive: (message: ToFrame) => void,
): PageBridge | null {
  const origin = readPageOrigin(frame.location.search);
  if (frame.parent === frame || !origin) return null;
  frame.addEventListener("message", (event) => {
    if (event.source !== frame.parent || event.origin !== origin) return;
    const message = parseToFrame(event.data);
    if (message) receive(message);
  });
  return { post: (message) => frame.parent.postMessage({ ...message, parley: 1 }, origin) };
}
