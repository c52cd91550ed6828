/** Fetches again what could not be fetched: a desk that restarts or is busy just then must leave neither a
 * hole in the page nor something old. */

const FIRST_MS = 300;
const MAX_MS = 5000;
const MAX_TRIES = 20;

/** What `fetch` gives, tried again with growing pauses; the last failure when it never comes, at once when
 * `isGone` knows by it that it never will. */
export async function persistently<V>(
  fetch: () => Promise<V>,
  isGone: (failure: unknown) => boolean | Promise<boolean>,
  wait: (ms: number) => Promise<unknown> = (ms) => new Promise((done) => setTimeout(done, ms)),
): Promise<V> {
  for (let tries = 1; ; tries++) {
    try {
      return await fetch();
    } catch (failure) {
      if (tries >= MAX_TRIES || (await isGone(failure))) throw failure;
      await wait(Math.min(FIRST_MS * 2 ** (tries - 1), MAX_MS));
    }
  }
}
