/** Times as people read them, each with the whole instant as its tooltip. */
import { formatAge, formatClock, formatInstant } from "@parley/shared/time/format";
import { useSyncExternalStore } from "react";
import { useWords } from "../words/view";

const followers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let now = Date.now();

function tick(): void {
  now = Date.now();
  for (const follow of [...followers]) follow();
}

function followClock(follow: () => void): () => void {
  if (!followers.size) timer = setInterval(tick, 1000);
  followers.add(follow);
  return () => {
    followers.delete(follow);
    if (!followers.size) clearInterval(timer);
  };
}

/** The time in milliseconds, in whole steps: a view that asks for minutes renders once a minute. */
export function useNow(stepMs = 1000): number {
  const read = () => Math.floor(Math.max(now, Date.now() - 1000) / stepMs) * stepMs;
  return useSyncExternalStore(followClock, read);
}

/** `5m`, `3h`, `12 Mar`. */
export function Age({ at }: { at: string }) {
  const { locale } = useWords();
  const when = new Date(at);
  return (
    <time dateTime={at} title={formatInstant(when, locale)}>
      {formatAge(when, new Date(Math.max(useNow(30_000), when.getTime())), locale)}
    </time>
  );
}

const MOMENT: Intl.DateTimeFormatOptions = { dateStyle: "medium", timeStyle: "short" };

/** `22 Nov 2026, 14:05`. */
export function formatMoment(at: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, MOMENT).format(new Date(at));
}

/** `14:05`. */
export function ClockTime({ at }: { at: string }) {
  const { locale } = useWords();
  const when = new Date(at);
  return (
    <time dateTime={at} title={formatInstant(when, locale)}>
      {formatClock(when, locale)}
    </time>
  );
}
