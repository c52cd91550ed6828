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

/** Forgets everything under keys that begin so. */
export function forgetAll(start: string): void {
  try {
    for (const key of Object.keys(localStorage))
      if (key.startsWith(PREFIX + start)) localStorage.removeItem(key);
  } catch {
    // Forbidden: then nothing was kept either.
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
