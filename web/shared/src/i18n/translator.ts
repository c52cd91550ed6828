/**
 * Words in the reader's language. Each app keeps one flat dictionary per language; English names
 * the keys, and the compiler checks both the keys that are used and that no translation is
 * missing. Plural forms are keys with the suffixes of `Intl.PluralRules`: `unread_one`,
 * `unread_other`, chosen by the value `count`.
 */

export type Locale = "en" | "de";
export const locales: readonly Locale[] = ["en", "de"];

export type Words = Record<string, string>;
export type Values = Record<string, string | number>;

type Plural = "zero" | "one" | "two" | "few" | "many" | "other";
type Stem<K> = K extends `${infer S}_${Plural}` ? S : K;

/** A key of the dictionary; for plural forms, the part before the suffix. */
export type Key<W> = Stem<keyof W & string>;

export interface Translator<W extends Words> {
  (key: Key<W>, values?: Values): string;
  readonly locale: Locale;
}

/** The first language that both sides know; English otherwise. `wanted`: `navigator.languages`. */
export function pickLocale(wanted: readonly string[]): Locale {
  const spoken = wanted.map((tag) => tag.toLowerCase().split("-")[0]);
  return (
    locales.find((locale) => locale === spoken.find((tag) => locales.includes(tag as Locale))) ??
    "en"
  );
}

/** `{name}` in a text is replaced by `values.name`; numbers are written as the locale does. */
export function createTranslator<W extends Words>(
  dictionaries: { en: W } & Record<Exclude<Locale, "en">, Record<keyof W, string>>,
  locale: Locale,
): Translator<W> {
  const words: Words = dictionaries[locale];
  const plural = new Intl.PluralRules(locale);
  const number = new Intl.NumberFormat(locale);
  const translate = (key: Key<W>, values: Values = {}): string => {
    const { count } = values;
    const form = typeof count === "number" ? words[`${key}_${plural.select(count)}`] : undefined;
    const text = form ?? words[key] ?? words[`${key}_other`] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = values[name];
      if (value === undefined) return whole;
      return typeof value === "number" ? number.format(value) : value;
    });
  };
  return Object.assign(translate, { locale });
}
