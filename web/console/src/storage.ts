/** The browser's own memory, under our prefix. Where it is forbidden or full the console works on
 * without: what is kept here is always a comfort, never the only copy of something sent. */

const PREFIX = "parley.console.";

export function kept(key: string): string | null {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null;
  }
}

/** Keeps the text, or forgets the key when it is null. */
export function keep(key: string, text: string | null): void {
  try {
    if (text === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, text);
  } catch {
    // Forbidden or full: see above.
  }
}
