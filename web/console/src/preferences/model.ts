/** What this browser remembers about how the console looks and speaks. Pure. */

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export const LANGUAGES = ["en", "de"] as const;
export type Language = (typeof LANGUAGES)[number];

export interface Preferences {
  theme: Theme;
  language: Language;
  /** Whether the pane beside the ticket is open on a wide screen. */
  hasAside: boolean;
}

/** Reads what was kept; whatever is missing or unknown takes the browser's own wish. */
export function parsePreferences(text: string | null, wished: readonly string[]): Preferences {
  const kept = readObject(text);
  const first = wished
    .map((tag) => tag.slice(0, 2))
    .find((tag) => LANGUAGES.some((l) => l === tag));
  return {
    theme: THEMES.find((theme) => theme === kept.theme) ?? "system",
    language: LANGUAGES.find((language) => language === (kept.language ?? first)) ?? "en",
    hasAside: kept.hasAside !== false,
  };
}

function readObject(text: string | null): Record<string, unknown> {
  try {
    const read: unknown = JSON.parse(text ?? "{}");
    return typeof read === "object" && read !== null ? { ...read } : {};
  } catch {
    return {};
  }
}
