/** Fetches the list that the address asks for and carries live rows into it. */
import { isFinal, NetworkError } from "@parley/shared/http";
import type { Page as AnswerPage, Inbox, Ticket, View } from "@parley/shared/resources";
import { deskQueries, queries, refresh } from "../data/actions";
import { http } from "../http";
import { live, watchLive } from "../live/actions";
import { report } from "../problem";
import type { ListPlace } from "../route/model";
import { agentOf, isAdmin } from "../session/model";
import { sessionStore } from "../session/store";
import { createStore } from "../store";
import { arrived, emptyList, extended, failed, fetching, filled, type List, seen } from "./model";
import { DEFAULT_SORT, formatQuery, parseFilters, parseSort, type Query } from "./query";

export const listStore = createStore<{ list: List }>({ list: emptyList({ sort: DEFAULT_SORT }) });
/** Where the keyboard stands in the list; the open ticket has precedence over it. */
export const cursorStore = createStore<{ id: string | null }>({ id: null });

const PAGE_SIZE = 50;
const MAX_RELOADED = 500;
const SETTLE_MS = 150;
const AGAIN_MS = 10_000;
const COUNTS_MS = 1500;

let underWay: AbortController | null = null;
let again: ReturnType<typeof setTimeout> | undefined;

function change(next: (list: List) => List): void {
  listStore.set(({ list }) => ({ list: next(list) }));
}

function me(): string {
  return agentOf(sessionStore.get().session)?.id ?? "";
}

/** The query of a place: the view's own, with the place's filters and sort over it. */
export function queryOf(view: View | undefined, place: ListPlace): Query {
  const params = new URLSearchParams(view?.query ?? "");
  const sort = place.sort ?? parseSort(params.get("sort")) ?? DEFAULT_SORT;
  return { ...parseFilters(params), ...place.filters, sort };
}

/** Shows this list; showing the same again does nothing. */
export function showList(query: Query): void {
  const { list } = listStore.get();
  const isSame = formatQuery(list.query).toString() === formatQuery(query).toString();
  if (isSame && (list.phase === "ready" || underWay)) return;
  change(({ read }) => ({ ...emptyList(query), read }));
  void reloadList();
}

/** Fetches as much as is shown anew, from the top; what was asked before is given up. */
export async function reloadList(): Promise<void> {
  underWay?.abort();
  clearTimeout(again);
  const request = new AbortController();
  underWay = request;
  change(fetching);
  try {
    const wanted = Math.min(listStore.get().list.order.length, MAX_RELOADED);
    const tickets: Ticket[] = [];
    let page = await fetchPage(null, request.signal);
    tickets.push(...page.data);
    while (page.meta.has_more && tickets.length < wanted) {
      page = await fetchPage(page.meta.after_cursor, request.signal);
      tickets.push(...page.data);
    }
    const { after_cursor: cursor, has_more: hasMore } = page.meta;
    change((list) => filled(list, { tickets, cursor, hasMore }, me()));
  } catch (failure) {
    if (request.signal.aborted) return;
    change(failed);
    // Silence is told by the list itself, or by the note that the connection is lost.
    if (!(failure instanceof NetworkError)) report(failure);
    // Rows that stay on the screen must not stay as they were before a break.
    if (!isFinal(failure)) again = setTimeout(() => void reloadList(), AGAIN_MS);
  } finally {
    if (underWay === request) underWay = null;
  }
}

/** The next page, when there is one and nothing else is being fetched. */
export async function loadMore(): Promise<void> {
  const { cursor, hasMore, phase } = listStore.get().list;
  if (underWay || !hasMore || phase !== "ready") return;
  const request = new AbortController();
  underWay = request;
  change(fetching);
  try {
    const { data, meta } = await fetchPage(cursor, request.signal);
    const page = { tickets: data, cursor: meta.after_cursor, hasMore: meta.has_more };
    change((list) => extended(list, page, me()));
  } catch (failure) {
    if (request.signal.aborted) return;
    change(failed);
    report(failure);
  } finally {
    if (underWay === request) underWay = null;
  }
}

function fetchPage(after: string | null, signal: AbortSignal): Promise<AnswerPage<Ticket>> {
  const query = Object.fromEntries(formatQuery(listStore.get().list.query));
  return http.page<Ticket>("/tickets", { query, after, size: PAGE_SIZE, signal });
}

export function markSeen(id: string, seq: number): void {
  change((list) => seen(list, id, seq));
}

/** Joins the rooms of the agent's inboxes and follows their rows. A list that was fetched before
 * its rooms were joined may have missed a row: it is fetched again behind them. Gives the undo. */
export function followTickets(): () => void {
  const rooms = new Map<string, () => void>();
  const confirmed = new Set<string>();
  let settle: ReturnType<typeof setTimeout> | undefined;
  const join = (inboxes: readonly Inbox[]) => {
    for (const { id } of inboxes)
      if (!rooms.has(`inbox:${id}`)) rooms.set(`inbox:${id}`, live().join(`inbox:${id}`));
  };
  const undo = watchLive((notice) => {
    if (notice.kind === "phase" && notice.phase !== "online") confirmed.clear();
    if (notice.kind === "ticket") {
      change((list) => arrived(list, notice.ticket, me()));
      countAgain();
    }
    if (notice.kind !== "room" || !rooms.has(notice.room) || confirmed.has(notice.room)) return;
    if (!live().room(notice.room)?.caughtUp) return;
    confirmed.add(notice.room);
    clearTimeout(settle);
    settle = setTimeout(() => void Promise.all([reloadList(), refresh("views")]), SETTLE_MS);
  });
  const stopInboxes = followInboxes(join);
  return () => {
    clearTimeout(settle);
    clearTimeout(again);
    undo();
    stopInboxes();
    for (const leave of rooms.values()) leave();
  };
}

/** Tells the inboxes this agent watches, now and whenever they change. */
function followInboxes(tell: (inboxes: readonly Inbox[]) => void): () => void {
  const told = () => {
    const agent = agentOf(sessionStore.get().session);
    const inboxes = queries.getQueryData<Inbox[]>(deskQueries.inboxes.queryKey);
    if (!agent || !inboxes) return;
    tell(isAdmin(agent) ? inboxes : inboxes.filter(({ id }) => agent.inbox_ids.includes(id)));
  };
  queries.fetchQuery(deskQueries.inboxes).then(told, report);
  return queries.getQueryCache().subscribe(({ type, query }) => {
    if (type === "updated" && query.queryKey[0] === "inboxes") told();
  });
}

let counting: ReturnType<typeof setTimeout> | undefined;

/** The views' counts follow the rows, at most once in a while. */
function countAgain(): void {
  if (counting) return;
  counting = setTimeout(() => {
    counting = undefined;
    void refresh("views");
  }, COUNTS_MS);
}
