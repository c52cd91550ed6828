/** A value that the screen follows. What it holds is replaced, never mutated; whoever subscribes
 * gets the undo. Stores are plain objects, so models and tests need no React. */
import { useSyncExternalStore } from "react";

export interface Store<S> {
  get(): S;
  set(next: S | ((now: S) => S)): void;
  subscribe(follow: () => void): () => void;
}

export function createStore<S extends object>(initial: S): Store<S> {
  let now = initial;
  const followers = new Set<() => void>();
  return {
    get: () => now,
    set(next) {
      const after = typeof next === "function" ? next(now) : next;
      if (Object.is(after, now)) return;
      now = after;
      for (const follow of [...followers]) follow();
    },
    subscribe(follow) {
      followers.add(follow);
      return () => followers.delete(follow);
    },
  };
}

/** What `select` picks from the store; it must give the same object while nothing changed. */
export function useStore<S extends object, T>(store: Store<S>, select: (state: S) => T): T {
  return useSyncExternalStore(store.subscribe, () => select(store.get()));
}
