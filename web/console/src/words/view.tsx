/** The console's words in the reader's language. */
import { createTranslator, type Key, type Translator } from "@parley/shared/i18n/translator";
import { preferencesStore } from "../preferences/actions";
import { useStore } from "../store";
import { de } from "./de";
import { en } from "./en";

export type Words = typeof en;
export type WordKey = Key<Words>;
export type T = Translator<Words>;

const translators = {
  en: createTranslator({ en, de }, "en"),
  de: createTranslator({ en, de }, "de"),
};

export function useWords(): Translator<Words> {
  return translators[useStore(preferencesStore, (preferences) => preferences.language)];
}

/** For what is said outside a view: notices of actions. */
export function words(): Translator<Words> {
  return translators[preferencesStore.get().language];
}
