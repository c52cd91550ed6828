/** The console's addresses. One value per place a person can be; `parseRoute` and `formatRoute`
 * are each other's inverse. Pure. */
import {
  type Filters,
  formatFilters,
  formatSort,
  parseFilters,
  parseSort,
  type Sort,
} from "../tickets/query";

export const SECTIONS = [
  "profile",
  "tokens",
  "agents",
  "teams",
  "inboxes",
  "mail",
  "sla",
  "webhooks",
  "tags",
  "workspace",
] as const;
export type Section = (typeof SECTIONS)[number];

export const GROUPS = [
  "day",
  "week",
  "month",
  "policy",
  "priority",
  "team",
  "agent",
  "inbox",
  "customer",
] as const;
export type Group = (typeof GROUPS)[number];

export const PERIODS = [7, 30, 90, 365] as const;
export type Period = (typeof PERIODS)[number];

export interface ListPlace {
  view: string;
  filters: Filters;
  /** Null: the view's own sort. */
  sort: Sort | null;
}

export type Route =
  | { page: "tickets"; ticketId: string | null; list: ListPlace }
  | { page: "new_ticket" }
  | { page: "customers"; customerId: string | null; q: string }
  | { page: "articles"; articleId: string | null; q: string }
  | { page: "reports"; days: Period; group: Group }
  | { page: "settings"; section: Section; id: string | null }
  | { page: "consent"; code: string; state: string; refusal: string }
  | { page: "nowhere" };

export const DEFAULT_VIEW = "all_open";
const NEW = "new";
/** Where a mail provider sends people back to. */
const CONSENT = "consent";

/** Articles, agents, inboxes: the id that stands for one that is not there yet. */
export const NEW_ID = NEW;

/** Where a ticket stands that was not reached by a list. */
export const HOME_PLACE: ListPlace = { view: DEFAULT_VIEW, filters: {}, sort: null };

export const HOME: Route = ticketsRoute(null, HOME_PLACE);

export function ticketsRoute(ticketId: string | null, list: ListPlace): Route {
  return { page: "tickets", ticketId, list };
}

export function parseRoute(address: string): Route {
  const url = new URL(address, "http://console");
  const [page, id, detail] = url.pathname.split("/").filter(Boolean).map(decodeURIComponent);
  const params = url.searchParams;
  const q = params.get("q") ?? "";
  switch (page) {
    case undefined:
      return HOME;
    case "tickets":
      return id === NEW ? { page: "new_ticket" } : ticketsRoute(id ?? null, parseList(params));
    case "customers":
      return { page: "customers", customerId: id ?? null, q };
    case "articles":
      return { page: "articles", articleId: id ?? null, q };
    case "reports":
      return parseReports(params);
    case "settings":
      return id === CONSENT ? parseConsent(params) : parseSettings(id, detail);
    default:
      return { page: "nowhere" };
  }
}

function parseList(params: URLSearchParams): ListPlace {
  const view = params.get("view") ?? DEFAULT_VIEW;
  return { view, filters: parseFilters(params), sort: parseSort(params.get("sort")) };
}

function parseReports(params: URLSearchParams): Route {
  const days = PERIODS.find((one) => String(one) === params.get("days")) ?? 30;
  const group = GROUPS.find((one) => one === params.get("group_by")) ?? "priority";
  return { page: "reports", days, group };
}

function parseSettings(name: string | undefined, id: string | undefined): Route {
  const section = name === undefined ? "profile" : SECTIONS.find((one) => one === name);
  return section ? { page: "settings", section, id: id ?? null } : { page: "nowhere" };
}

function parseConsent(params: URLSearchParams): Route {
  const [code, state, error] = ["code", "state", "error"].map((name) => params.get(name) ?? "");
  const refusal = params.get("error_description") ?? error ?? "";
  return { page: "consent", code: code ?? "", state: state ?? "", refusal };
}

function address(parts: readonly (string | null)[], params = new URLSearchParams()): string {
  const path = parts.filter((part) => part !== null).map(encodeURIComponent);
  const query = params.toString();
  return `/${path.join("/")}${query ? `?${query}` : ""}`;
}

function searching(q: string): URLSearchParams {
  return new URLSearchParams(q ? { q } : {});
}

export function formatRoute(route: Route): string {
  switch (route.page) {
    case "tickets":
      return address(["tickets", route.ticketId], formatList(route.list));
    case "new_ticket":
      return address(["tickets", NEW]);
    case "customers":
      return address(["customers", route.customerId], searching(route.q));
    case "articles":
      return address(["articles", route.articleId], searching(route.q));
    case "reports": {
      const params = new URLSearchParams({ days: String(route.days), group_by: route.group });
      return address(["reports"], params);
    }
    case "settings":
      return address(["settings", route.section, route.id]);
    case "consent":
      return `/settings/${CONSENT}`; // what came with it is secret, and is never an address again
    case "nowhere":
      return "/nowhere";
    default:
      return route satisfies never;
  }
}

function formatList(list: ListPlace): URLSearchParams {
  const params = formatFilters(list.filters);
  if (list.view !== DEFAULT_VIEW) params.set("view", list.view);
  if (list.sort) params.set("sort", formatSort(list.sort));
  return params;
}
