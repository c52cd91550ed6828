/**
 * Instants as people read them, in the reader's language and time zone. Pure: now and zone are
 * given (`zone` undefined: the browser's own).
 */

import type { Locale } from "../i18n/translator";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const formats = new Map<string, Intl.DateTimeFormat>();

function format(locale: Locale, zone: string | undefined, options: Intl.DateTimeFormatOptions) {
  const key = JSON.stringify([locale, zone, options]);
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat(locale, zone ? { ...options, timeZone: zone } : options);
    formats.set(key, made);
  }
  return made;
}

/** `14:05`, or `2:05 PM` where people write so. */
export function formatClock(at: Date, locale: Locale, zone?: string): string {
  return format(locale, zone, { timeStyle: "short" }).format(at);
}

/** The whole instant, for a tooltip. */
export function formatInstant(at: Date, locale: Locale, zone?: string): string {
  return format(locale, zone, { dateStyle: "full", timeStyle: "medium" }).format(at);
}

/** `2026-11-22` in the zone: two instants are of one day when it is the same. */
export function dayOf(at: Date, zone?: string): string {
  const parts = format("en", zone, { year: "numeric", month: "2-digit", day: "2-digit" });
  const part = Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${part.year}-${part.month}-${part.day}`;
}

/** Today, yesterday, a weekday within the week, else the date. */
export function formatDay(at: Date, now: Date, locale: Locale, zone?: string): string {
  const days = Math.round((Date.parse(dayOf(now, zone)) - Date.parse(dayOf(at, zone))) / dayMs);
  if (days === 0 || days === 1) {
    const word = new Intl.RelativeTimeFormat(locale, { numeric: "auto" }).format(-days, "day");
    return word.charAt(0).toLocaleUpperCase(locale) + word.slice(1);
  }
  if (days > 1 && days < 7) return format(locale, zone, { weekday: "long" }).format(at);
  const sameYear = dayOf(at, zone).slice(0, 4) === dayOf(now, zone).slice(0, 4);
  const date: Intl.DateTimeFormatOptions = { day: "numeric", month: "long" };
  return format(locale, zone, sameYear ? date : { ...date, year: "numeric" }).format(at);
}

/** `now`, `5m`, `3h`, then the day: for a narrow column. */
export function formatAge(at: Date, now: Date, locale: Locale, zone?: string): string {
  const age = now.getTime() - at.getTime();
  const short = (value: number, unit: Intl.RelativeTimeFormatUnit) =>
    new Intl.RelativeTimeFormat(locale, { style: "narrow", numeric: "auto" }).format(-value, unit);
  if (age < minuteMs) return short(0, "second");
  if (age < hourMs) return short(Math.floor(age / minuteMs), "minute");
  if (age < dayMs) return short(Math.floor(age / hourMs), "hour");
  if (age < 7 * dayMs) return short(Math.floor(age / dayMs), "day");
  const sameYear = dayOf(at, zone).slice(0, 4) === dayOf(now, zone).slice(0, 4);
  const date: Intl.DateTimeFormatOptions = { day: "numeric", month: "short" };
  return format(locale, zone, sameYear ? date : { ...date, year: "numeric" }).format(at);
}

/** `25s`, `4m 10s`, `3h 05m`, `2d 4h`: the two largest units, never negative. */
export function formatSpan(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1000);
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24];
  const [minutes, rest] = [Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  if (days > 0) return `${days}d ${hours}h`;
  if (hours > 0) return `${hours}h ${two(minutes)}m`;
  return minutes > 0 ? `${minutes}m ${two(rest)}s` : `${rest}s`;
}
