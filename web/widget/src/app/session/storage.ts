/** `localStorage`, or memory where the browser forbids it: the chat then lasts until the reload. */

export interface KeyValues {
  get(key: string): string | null;
  /** An empty value removes the key. */
  set(key: string, value: string): void;
  removeAll(prefix: string): void;
}

export function openKeyValues(open: () => Storage): KeyValues {
  const memory = new Map<string, string>();
  let storage: Storage | null = null;
  try {
    storage = open();
  } catch {
    // Storage of a third party is blocked.
  }
  return {
    get: (key) => memory.get(key) ?? storage?.getItem(key) ?? null,
    set: (key, value) => {
      try {
        memory.delete(key);
        if (value) storage?.setItem(key, value);
        else storage?.removeItem(key);
        if (storage || !value) return;
      } catch {
        // Full: keep it in memory.
      }
      memory.set(key, value);
    },
    removeAll: (prefix) => {
      for (const key of [...memory.keys()]) if (key.startsWith(prefix)) memory.delete(key);
      const kept = Array.from({ length: storage?.length ?? 0 }, (_, i) => storage?.key(i) ?? "");
      for (const key of kept) if (key.startsWith(prefix)) storage?.removeItem(key);
    },
  };
}
