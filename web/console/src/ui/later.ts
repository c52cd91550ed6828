/** Parts of the console that are fetched when they are first needed, and again when that fails: a desk that
 * restarts just then must not leave a hole in the page. */

const FIRST_MS = 300;
const MAX_MS = 5000;
const MAX_TRIES = 20;

/** What `fetch` gives, tried again with growing pauses; the last failure when it never comes, at once when
 * `isGone` knows that it never will. */
export async function persistently<V>(
  fetch: () => Promise<V>,
  isGone: () => Promise<boolean>,
  wait: (ms: number) => Promise<unknown> = (ms) => new Promise((done) => setTimeout(done, ms)),
): Promise<V> {
  for (let tries = 1; ; tries++) {
    try {
      return await fetch();
    } catch (failure) {
      if (tries >= MAX_TRIES || (await isGone())) throw failure;
      await wait(Math.min(FIRST_MS * 2 ** (tries - 1), MAX_MS));
    }
  }
}
