/** Keeps the preferences in the browser and puts theme and language on the page. */

import { keep, kept } from "../storage";
import { createStore } from "../store";
import { type Preferences, parsePreferences } from "./model";

const KEY = "preferences";

export const preferencesStore = createStore<Preferences>(
  parsePreferences(kept(KEY), navigator.languages),
);

export function prefer(change: Partial<Preferences>): void {
  preferencesStore.set((now) => ({ ...now, ...change }));
}

function show({ theme, language }: Preferences): void {
  const root = document.documentElement;
  root.lang = language;
  if (theme === "system") root.removeAttribute("data-theme");
  else root.dataset.theme = theme;
}

/** Applies them now and at each change; gives the undo. */
export function applyPreferences(): () => void {
  show(preferencesStore.get());
  return preferencesStore.subscribe(() => {
    show(preferencesStore.get());
    keep(KEY, JSON.stringify(preferencesStore.get()));
  });
}
