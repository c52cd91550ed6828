/** Asks for the compliance report of a period. */
import { http } from "../http";
import type { Group, Period } from "../route/model";
import { type Compliance, periodOf } from "./model";

export function fetchCompliance(days: Period, group: Group): Promise<Compliance> {
  const { from, to } = periodOf(days, Date.now());
  return http.get<Compliance>("/reports/sla-compliance", { query: { from, to, group_by: group } });
}
