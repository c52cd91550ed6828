/** A list of tickets that keeps itself right while frames arrive. The rooms are joined first and
 * the list is fetched afterwards, so a frame may be older or newer than the fetched row: the
 * higher seq wins, whichever came first. Pure. */
import type { Ticket } from "@parley/shared/resources";
import { compare, isJudgedHere, matches, type Query } from "./query";

export interface List {
  query: Query;
  rows: ReadonlyMap<string, Ticket>;
  /** Ids in the order of the query's sort. */
  order: readonly string[];
  /** The seq at which a ticket was last seen outside this list; an older frame cannot revive it. */
  outside: ReadonlyMap<string, number>;
  /** Up to which seq this agent has read a ticket on this screen: no older row sets its dot. */
  read: ReadonlyMap<string, number>;
  /** Frames that came while a page was under way; null when none is. */
  held: readonly Ticket[] | null;
  cursor: string | null;
  hasMore: boolean;
  phase: "loading" | "ready" | "failed";
}

export interface Page {
  tickets: readonly Ticket[];
  cursor: string | null;
  hasMore: boolean;
}

/** Frames kept while a page is fetched; beyond it the oldest goes, a later frame will mend it. */
const MAX_HELD = 2000;

export function emptyList(query: Query): List {
  return {
    query,
    rows: new Map(),
    order: [],
    outside: new Map(),
    read: new Map(),
    held: [],
    cursor: null,
    hasMore: false,
    phase: "loading",
  };
}

/** A fetch begins, of everything shown or of a further page; the rows stay on the screen meanwhile. */
export function fetching(list: List): List {
  return { ...list, held: list.held ?? [] };
}

export function failed(list: List): List {
  return { ...list, held: null, phase: list.order.length ? "ready" : "failed" };
}

/** The first pages are here: they replace all rows, except where a frame has told more since. */
export function filled(list: List, page: Page, me: string): List {
  const rows = new Map<string, Ticket>();
  for (const ticket of page.tickets)
    rows.set(ticket.id, unlessRead(list, newer(list.rows.get(ticket.id), ticket)));
  const fresh: List = {
    ...list,
    rows,
    order: sorted(rows, list.query),
    outside: new Map(),
    held: null,
    cursor: page.cursor,
    hasMore: page.hasMore,
    phase: "ready",
  };
  return withHeld(list, fresh, me);
}

/** What was told while a page was under way may be newer than the page, and is told to it again. */
function withHeld({ held }: List, fetched: List, me: string): List {
  return (held ?? []).reduce((now, ticket) => arrived(now, ticket, me), fetched);
}

/** A further page is here. */
export function extended(list: List, page: Page, me: string): List {
  const rows = new Map(list.rows);
  for (const ticket of page.tickets)
    if ((list.outside.get(ticket.id) ?? -1) < ticket.seq)
      rows.set(ticket.id, unlessRead(list, newer(rows.get(ticket.id), ticket)));
  const longer: List = {
    ...list,
    rows,
    order: sorted(rows, list.query),
    held: null,
    cursor: page.cursor,
    hasMore: page.hasMore,
  };
  return withHeld(list, longer, me);
}

/** A whole row came by a frame: it enters, moves, changes in place, or leaves. */
export function arrived(list: List, ticket: Ticket, me: string): List {
  const known = list.rows.get(ticket.id);
  const held = list.held ? [...list.held, ticket].slice(-MAX_HELD) : null;
  if ((known?.seq ?? list.outside.get(ticket.id) ?? -1) >= ticket.seq)
    return list.held ? { ...list, held } : list;
  if (!matches(ticket, list.query, me)) return { ...without(list, ticket), held };
  if (!known && (!isJudgedHere(list.query) || isBeyond(list, ticket))) return { ...list, held };
  const row = unlessRead(list, { ...ticket, unread: isUnread(known, ticket) });
  const rows = new Map(list.rows).set(ticket.id, row);
  const outside = new Map(list.outside);
  outside.delete(ticket.id);
  return { ...list, rows, outside, held, order: placed(list.order, row, rows, list.query) };
}

/** The reader has seen the ticket up to `seq`: its dot goes, on this screen at once. */
export function seen(list: List, id: string, seq: number): List {
  if (seq <= (list.read.get(id) ?? 0)) return list;
  const read = new Map(list.read).set(id, seq);
  const row = list.rows.get(id);
  if (!row?.unread || row.seq > seq) return { ...list, read };
  return { ...list, read, rows: new Map(list.rows).set(id, { ...row, unread: false }) };
}

function unlessRead(list: List, row: Ticket): Ticket {
  return row.unread && row.seq <= (list.read.get(row.id) ?? 0) ? { ...row, unread: false } : row;
}

/** The id `step` rows further, staying inside; from nowhere it is the first row. */
export function neighbour(list: List, id: string | null, step: 1 | -1): string | null {
  const at = id === null ? -1 : list.order.indexOf(id);
  if (at < 0) return list.order[0] ?? null;
  return list.order[Math.min(Math.max(at + step, 0), list.order.length - 1)] ?? null;
}

/** A row in a frame is the same for every agent; the dot is this agent's own, so it is kept, and
 * set when the customer has said something new. */
function isUnread(known: Ticket | undefined, next: Ticket): boolean {
  const said = next.last_message;
  const isNews =
    said?.author_type === "customer" && said.created_at !== known?.last_message?.created_at;
  return (known?.unread ?? false) || isNews;
}

function newer(known: Ticket | undefined, fetched: Ticket): Ticket {
  return known && known.seq > fetched.seq ? known : fetched;
}

function sorted(rows: ReadonlyMap<string, Ticket>, query: Query): string[] {
  return [...rows.values()].sort((a, b) => compare(a, b, query.sort)).map((row) => row.id);
}

/** Whether a newcomer's place is after the last row loaded: then it comes with a later page. */
function isBeyond(list: List, ticket: Ticket): boolean {
  const last = list.rows.get(list.order.at(-1) ?? "");
  return list.hasMore && last !== undefined && compare(ticket, last, list.query.sort) > 0;
}

function placed(
  order: readonly string[],
  row: Ticket,
  rows: ReadonlyMap<string, Ticket>,
  query: Query,
): readonly string[] {
  const others = order.filter((id) => id !== row.id);
  let [low, high] = [0, others.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = rows.get(others[middle] ?? "");
    if (other && compare(other, row, query.sort) < 0) low = middle + 1;
    else high = middle;
  }
  others.splice(low, 0, row.id);
  return others;
}

function without(list: List, ticket: Ticket): List {
  const outside = new Map(list.outside).set(ticket.id, ticket.seq);
  if (!list.rows.has(ticket.id)) return { ...list, outside };
  const rows = new Map(list.rows);
  rows.delete(ticket.id);
  return { ...list, rows, outside, order: list.order.filter((id) => id !== ticket.id) };
}
