/** Which tickets a list asks for: the view's own query with the reader's filters over it. The same
 * value becomes the address's query string, the request's parameters and the test that a live row
 * has to pass. Pure. */
import type { ChannelSource, Priority, Status, Ticket } from "@parley/shared/resources";

export const STATUSES = ["new", "open", "pending", "on_hold", "resolved", "closed"] as const;
export const PRIORITIES = ["urgent", "high", "normal", "low"] as const;
export const CHANNELS = ["chat", "email", "api", "portal"] as const;
export const SORT_FIELDS = [
  "updated_at",
  "created_at",
  "due_at",
  "priority",
  "status",
  "number",
  "subject",
] as const;

export type SortField = (typeof SORT_FIELDS)[number];
export interface Sort {
  field: SortField;
  descending: boolean;
}

/** An absent key filters nothing. `assignee_id` may be `me` or `none`, `team_id` may be `none`. */
export interface Filters {
  status?: readonly Status[];
  priority?: readonly Priority[];
  assignee_id?: string;
  team_id?: string;
  inbox_id?: string;
  customer_id?: string;
  tag?: string;
  channel_source?: ChannelSource;
  breached?: boolean;
  q?: string;
}

export interface Query extends Filters {
  sort: Sort;
}

export const DEFAULT_SORT: Sort = { field: "updated_at", descending: true };

function listed<T extends string>(known: readonly T[], text: string | null): readonly T[] {
  const asked = (text ?? "").split(",");
  return known.filter((one) => asked.includes(one));
}

export function parseSort(text: string | null): Sort | null {
  if (!text) return null;
  const descending = text.startsWith("-");
  const field = SORT_FIELDS.find((one) => one === (descending ? text.slice(1) : text));
  return field ? { field, descending } : null;
}

export function formatSort(sort: Sort): string {
  return `${sort.descending ? "-" : ""}${sort.field}`;
}

/** Reads filters from a query string; what it does not know is ignored. */
export function parseFilters(params: URLSearchParams): Filters {
  const filters: Filters = {};
  const status = listed(STATUSES, params.get("status"));
  if (status.length) filters.status = status;
  const priority = listed(PRIORITIES, params.get("priority"));
  if (priority.length) filters.priority = priority;
  for (const key of ["assignee_id", "team_id", "inbox_id", "customer_id", "tag", "q"] as const) {
    const text = params.get(key);
    if (text) filters[key] = text;
  }
  const channel = listed(CHANNELS, params.get("channel_source"))[0];
  if (channel) filters.channel_source = channel;
  if (params.get("breached") === "true") filters.breached = true;
  return filters;
}

/** The other way round; the keys come in a fixed order, so that equal filters give equal text. */
export function formatFilters(filters: Filters): URLSearchParams {
  const params = new URLSearchParams();
  if (filters.status?.length) params.set("status", filters.status.join(","));
  if (filters.priority?.length) params.set("priority", filters.priority.join(","));
  for (const key of ["assignee_id", "team_id", "inbox_id", "customer_id", "tag", "q"] as const) {
    const text = filters[key];
    if (text) params.set(key, text);
  }
  if (filters.channel_source) params.set("channel_source", filters.channel_source);
  if (filters.breached) params.set("breached", "true");
  return params;
}

export function formatQuery(query: Query): URLSearchParams {
  const params = formatFilters(query);
  params.set("sort", formatSort(query.sort));
  return params;
}

/** Whether a row passes every filter that the console can judge itself. A text search is the
 * server's to judge, so it is left out here: see `isJudgedHere`. */
export function matches(ticket: Ticket, filters: Filters, me: string): boolean {
  return (
    (!filters.status || filters.status.includes(ticket.status)) &&
    (!filters.priority || filters.priority.includes(ticket.priority)) &&
    matchesAssignee(ticket, filters.assignee_id, me) &&
    (!filters.team_id || (ticket.team_id ?? "none") === filters.team_id) &&
    (!filters.inbox_id || ticket.inbox_id === filters.inbox_id) &&
    (!filters.customer_id || ticket.customer_id === filters.customer_id) &&
    (!filters.tag || hasTag(ticket, filters.tag)) &&
    (!filters.channel_source || ticket.channel_source === filters.channel_source) &&
    (!filters.breached || ticket.sla.some((target) => target.breached_at !== null))
  );
}

/** Tags differ by more than their capitals. */
function hasTag({ tags }: Ticket, asked: string): boolean {
  return tags.some((tag) => tag.toLowerCase() === asked.toLowerCase());
}

function matchesAssignee(ticket: Ticket, asked: string | undefined, me: string): boolean {
  if (!asked) return true;
  if (asked === "none") return ticket.assignee_id === null;
  return ticket.assignee_id === (asked === "me" ? me : asked);
}

/** False while a text search is on: then a live row may change, but none may come in. */
export function isJudgedHere(filters: Filters): boolean {
  return !filters.q;
}

const rank = (order: readonly string[], value: string) => order.indexOf(value);
const ORDER_OF_STATUS: readonly string[] = STATUSES;
const ORDER_OF_PRIORITY: readonly string[] = ["low", "normal", "high", "urgent"];

/** The nearest due time of what still runs, as the server keeps it; null when no clock runs. */
function nextDue(ticket: Ticket): string | null {
  const running = ticket.sla.filter(
    ({ met_at, breached_at, paused }) => met_at === null && breached_at === null && !paused,
  );
  return running.map(({ due_at }) => due_at).sort()[0] ?? null;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareField(a: Ticket, b: Ticket, field: SortField): number {
  switch (field) {
    case "updated_at":
    case "created_at":
      return Date.parse(a[field]) - Date.parse(b[field]) || compareText(a[field], b[field]);
    case "number":
      return a.number - b.number;
    case "subject":
      return compareText(a.subject.toLowerCase(), b.subject.toLowerCase());
    case "priority":
      return rank(ORDER_OF_PRIORITY, a.priority) - rank(ORDER_OF_PRIORITY, b.priority);
    case "status":
      return rank(ORDER_OF_STATUS, a.status) - rank(ORDER_OF_STATUS, b.status);
    case "due_at":
      return compareText(nextDue(a) ?? "9", nextDue(b) ?? "9");
    default:
      return field satisfies never;
  }
}

/** Total order of a list: the chosen field, then the id, both in the chosen direction. */
export function compare(a: Ticket, b: Ticket, sort: Sort): number {
  const order = compareField(a, b, sort.field) || compareText(a.id, b.id);
  return sort.descending ? -order : order;
}
