/** Conditions and opening hours in a line of words. */
import { type CalendarTerms, type SlaConditions, weekdays } from "@parley/shared/sla";
import { useInboxes, useTags, useTeams } from "../data/view";
import { type T, useWords } from "../words/view";
import { hoursText, listed } from "./model";

type Named = readonly { id: string; name: string }[];

const namesOf = (known: Named, ids: readonly string[]): string[] =>
  ids.map((id) => known.find((one) => one.id === id)?.name ?? "?");

/** Says which tickets some conditions mean. */
export function useMeans(): (conditions: SlaConditions) => string {
  const t = useWords();
  const [inboxes, teams, tags] = [useInboxes(), useTeams(), useTags()];
  return (conditions) => {
    const kinds: [string, readonly string[]][] = [
      [t("priority"), conditions.priorities.map((one) => t(`priority_${one}`))],
      [t("channel"), conditions.channels.map((one) => t(`channel_${one}`))],
      [t("inbox"), namesOf(inboxes, conditions.inbox_ids)],
      [t("team"), namesOf(teams, conditions.team_ids)],
      [t("tag"), namesOf(tags, conditions.tag_ids)],
      [t("customer_tier"), conditions.tiers],
      [t("company"), conditions.companies],
      [t("language"), conditions.languages],
      ...conditions.fields.map(({ name, values }): [string, string[]] => [name, values]),
    ];
    const said = kinds.filter(([, values]) => values.length);
    return (
      said.map(([kind, values]) => `${kind}: ${listed(values)}`).join(" · ") || t("sla_means_all")
    );
  };
}

/** The usual hours of a calendar: days with the same ones together. */
export function hoursOf(t: T, { hours, time_zone }: CalendarTerms): string {
  const stretches: { from: number; to: number; text: string }[] = [];
  weekdays.forEach((day, at) => {
    const text = hoursText(hours[day]);
    const last = stretches.at(-1);
    if (last && last.text === text && last.to === at - 1) last.to = at;
    else stretches.push({ from: at, to: at, text });
  });
  const days = stretches
    .filter(({ text }) => text)
    .map(({ from, to, text }) => {
      const [first, last] = [dayName(t, from, "short"), dayName(t, to, "short")];
      return `${from === to ? first : `${first}–${last}`} ${text}`;
    });
  return [...days, time_zone].join(" · ");
}

/** The name of a weekday, Monday being 0. */
export function dayName(t: T, at: number, style: "short" | "long"): string {
  const monday = Date.UTC(2026, 0, 5);
  const format = new Intl.DateTimeFormat(t.locale, { weekday: style, timeZone: "UTC" });
  return format.format(new Date(monday + at * 86_400_000));
}
