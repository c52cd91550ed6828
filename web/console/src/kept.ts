/** A form's state that survives a reload: kept in the browser until the form says it is done. */
import { useState } from "react";
import { keep, kept } from "./storage";

/** The state, its change (an object's fields are merged), and the way to forget it. */
export function useKept<S extends object>(
  key: string,
  initial: S,
): [S, (change: Partial<S>) => void, () => void] {
  const [state, setState] = useState<S>(() => ({ ...initial, ...read(key) }));
  const change = (part: Partial<S>) => {
    const next = { ...state, ...part };
    keep(key, JSON.stringify(next));
    setState(next);
  };
  const forget = () => {
    keep(key, null);
    setState(initial);
  };
  return [state, change, forget];
}

function read(key: string): object {
  try {
    const found: unknown = JSON.parse(kept(key) ?? "{}");
    return typeof found === "object" && found !== null ? found : {};
  } catch {
    return {};
  }
}
