/** The timeline of a ticket as rows for the screen: what was told, in order, then what this agent
 * has sent and the server has not told back yet. Pure. */
import type { TicketEvent } from "@parley/shared/events";
import { applyToTicket } from "@parley/shared/live/history";
import type { Outgoing } from "@parley/shared/live/outbox";
import type { Interaction, Ticket } from "@parley/shared/resources";

export type Row =
  | { kind: "day"; key: string; at: string }
  | { kind: "said"; key: string; interaction: Interaction; follows: boolean }
  | { kind: "happened"; key: string; event: TicketEvent; follows: boolean }
  | { kind: "outgoing"; key: string; outgoing: Outgoing; follows: boolean };

/** Things said by one person within this time stand together under one name. */
const GROUPED_MS = 5 * 60_000;

/** `dayOf` names the reader's calendar day of an instant in milliseconds. */
export function timelineRows(
  events: readonly TicketEvent[],
  outgoing: readonly Outgoing[],
  dayOf: (ms: number) => string,
): Row[] {
  const rows: Row[] = [];
  const told = new Set<string>();
  let day = "";
  const enterDay = (ms: number) => {
    const next = dayOf(ms);
    if (next !== day)
      rows.push({ kind: "day", key: `day-${next}`, at: new Date(ms).toISOString() });
    day = next;
  };
  for (const event of events) {
    if (event.type === "interaction_added" && event.data.client_id) told.add(event.data.client_id);
    if (isSilent(event)) continue;
    enterDay(Date.parse(event.at));
    rows.push(rowOf(event, rows.at(-1)));
  }
  for (const one of outgoing) {
    if (told.has(one.id)) continue;
    enterDay(one.created_at);
    const last = rows.at(-1);
    const follows = last?.kind === "outgoing" && last.outgoing.type === one.type;
    rows.push({ kind: "outgoing", key: one.id, outgoing: one, follows });
  }
  return rows;
}

function rowOf(event: TicketEvent, last: Row | undefined): Row {
  if (event.type !== "interaction_added")
    return {
      kind: "happened",
      key: `event-${event.seq}`,
      event,
      follows: last?.kind === "happened",
    };
  const interaction = event.data;
  const follows = last?.kind === "said" && isTogether(last.interaction, interaction);
  // The key of what was sent from here stays the same when it comes back: no flicker.
  return { kind: "said", key: interaction.client_id ?? interaction.id, interaction, follows };
}

/** The clocks' own coming and going: shown beside the ticket, not in its story. */
function isSilent({ type }: TicketEvent): boolean {
  switch (type) {
    case "sla_started":
    case "sla_paused":
    case "sla_resumed":
    case "sla_stopped":
    case "sla_met":
      return true;
    default:
      return false;
  }
}

function isTogether(a: Interaction, b: Interaction): boolean {
  return (
    a.author_id === b.author_id &&
    a.author_type === b.author_type &&
    a.type === b.type &&
    Date.parse(b.created_at) - Date.parse(a.created_at) < GROUPED_MS
  );
}

/** A ticket as it is known, and the turn of the answer that named its participants. */
export interface Known {
  ticket: Ticket | null;
  turn: number;
}

/** What is known once `told` has come too, in any order: the newer row, with every event of the room over it
 * (an answer may have been under way for longer than they). Lists and frames name no participants, and who
 * they are has no number of the ticket's: of two answers the one with the later turn says it. */
export function withTold(
  now: Known,
  told: Ticket,
  events: readonly TicketEvent[],
  turn = 0,
): Known & { ticket: Ticket } {
  const isNewer = now.ticket === null || told.seq >= now.ticket.seq;
  const row = events.reduce(applyToTicket, isNewer ? told : (now.ticket ?? told));
  const isNaming = Boolean(told.participants) && turn > now.turn;
  const participants = (isNaming ? told : now.ticket)?.participants ?? null;
  return { ticket: { ...row, participants }, turn: isNaming ? turn : now.turn };
}

export interface Reached {
  id: string;
  name: string;
  email: string;
}

/** Who gets a copy of an answer: the participants that have an address. */
export function participantsOf({ participants }: Pick<Ticket, "participants">): Reached[] {
  return (participants ?? []).flatMap(({ id, name, email }) =>
    email ? [{ id, name, email }] : [],
  );
}
