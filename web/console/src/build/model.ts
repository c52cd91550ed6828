/** Which build of the console a page starts: its entry carries its digest in its name. Pure. */

const ENTRY = /<script\b[^>]*\ssrc="(\/console\/assets\/[^"]+)"/;

/** The entry that a page loads; null where the page is not a built console (a proxy's, say). */
export const entryOf = (page: string): string | null => ENTRY.exec(page)?.[1] ?? null;

/** Whether a page as it is served now starts another build than the one that runs. */
export function isReplaced(running: string | null, served: string): boolean {
  const entry = entryOf(served);
  return running !== null && entry !== null && entry !== running;
}
