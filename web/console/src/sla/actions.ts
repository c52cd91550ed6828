/** Changes of policies, calendars and reasons. Each fetches anew what it touched. */
import type { Calendar, CalendarTerms, PauseReason, SlaPolicy } from "@parley/shared/sla";
import { refresh } from "../data/actions";
import { http, listAll } from "../http";
import type { PolicyDraft } from "./model";

export const listPolicies = () => listAll<SlaPolicy>("/sla-policies");
export const listCalendars = () => listAll<Calendar>("/calendars");
export const listReasons = () => listAll<PauseReason>("/pause-reasons");

export interface HolidayCountry {
  country: string;
  subdivisions: string[];
}
export const listCountries = async () =>
  (await http.get<{ data: HolidayCountry[] }>("/holiday-countries")).data;

export interface Holiday {
  date: string;
  name: string;
}
export const listHolidays = async (id: string, year: number) =>
  (await http.get<{ data: Holiday[] }>(`/calendars/${id}/holidays?year=${year}`)).data;

const changed = () =>
  Promise.all(["sla-policies", "calendars", "pause-reasons"].map((key) => refresh(key)));

export async function savePolicy(id: string | null, draft: PolicyDraft): Promise<SlaPolicy> {
  const saved = await (id === null
    ? http.post<SlaPolicy>("/sla-policies", draft)
    : http.patch<SlaPolicy>(`/sla-policies/${id}`, draft));
  await changed();
  return saved;
}

export async function deletePolicy(id: string): Promise<void> {
  await http.delete(`/sla-policies/${id}`);
  await changed();
}

export async function setActive(id: string, active: boolean): Promise<void> {
  await http.patch(`/sla-policies/${id}`, { active });
  await changed();
}

/** All of them, in the order in which they are asked. */
export async function orderPolicies(ids: readonly string[]): Promise<void> {
  await http.put("/sla-policies/order", { ids });
  await changed();
}

export async function saveCalendar(
  id: string | null,
  body: CalendarTerms & { name: string },
): Promise<void> {
  await (id === null ? http.post("/calendars", body) : http.patch(`/calendars/${id}`, body));
  await changed();
}

export async function deleteCalendar(id: string): Promise<void> {
  await http.delete(`/calendars/${id}`);
  await changed();
}

export interface Preview {
  /** Null: never within ten years. */
  due_at: string | null;
  spans: { start: string; end: string }[];
  truncated: boolean;
}

/** When so much working time will have passed, by a calendar that need not be saved. */
export const previewCalendar = (terms: CalendarTerms, from: string, minutes: number) =>
  http.post<Preview>("/calendars/preview", { ...terms, from, minutes });

export async function saveReason(id: string | null, name: string): Promise<void> {
  await (id === null
    ? http.post("/pause-reasons", { name })
    : http.patch(`/pause-reasons/${id}`, { name }));
  await changed();
}

export async function deleteReason(id: string): Promise<void> {
  await http.delete(`/pause-reasons/${id}`);
  await changed();
}
