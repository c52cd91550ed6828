/** Carries out what keys ask for, and starts and stops what runs while somebody is signed in. */
import { followBuild } from "../build/actions";
import { focusComposer } from "../composer/actions";
import { presenceStore } from "../data/actions";
import { presenceOf } from "../data/model";
import { plainHttp } from "../http";
import { live, startLive, watchLive } from "../live/actions";
import { followNotifications, openBell } from "../notifications/actions";
import { navigate, routeStore } from "../route/actions";
import { DEFAULT_VIEW, type ListPlace, type Route, ticketsRoute } from "../route/model";
import { agentOf, mayAnswer } from "../session/model";
import { sessionStore } from "../session/store";
import { createStore } from "../store";
import { assignAgent, setStatus, ticketStore } from "../ticket/actions";
import { toggleAside } from "../ticket/aside_store";
import { cursorStore, followTickets, listStore } from "../tickets/actions";
import { neighbour } from "../tickets/model";
import { followViewing } from "../viewing/actions";
import { CHORD_MS, type Command, commandOf } from "./model";

export const helpStore = createStore<{ isOpen: boolean }>({ isOpen: false });

/** Everything live of a signed-in agent; gives the undo. */
export function startDesk(agentId: string): () => void {
  startLive(agentId);
  const leave = live().join("agents");
  const stops = [
    followTickets(),
    followViewing(),
    followAgents(),
    followNotifications(),
    followBuild(),
    followRefusal(),
    leave,
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/** Who is online shows in every menu: the room `agents` tells it. */
function followAgents(): () => void {
  const stop = watchLive((notice) => {
    if (notice.kind !== "room" || notice.room !== "agents") return;
    const room = live().room("agents");
    if (!room?.caughtUp) return;
    presenceStore.set({ presence: presenceOf(room.members) });
  });
  return () => {
    stop();
    presenceStore.set({ presence: null });
  };
}

/** The socket was refused: most likely the session has ended, and asking tells. */
function followRefusal(): () => void {
  return watchLive((notice) => {
    if (notice.kind === "phase" && notice.phase === "refused") void checkSession();
  });
}

async function checkSession(): Promise<void> {
  const { session } = sessionStore.get();
  if (session.phase !== "signed_in") return;
  try {
    await plainHttp.get("/session");
  } catch {
    sessionStore.set({ session: { ...session, phase: "expired" } });
  }
}

const NARROWING = 'input, textarea, select, [contenteditable], [role="dialog"], [role="menu"]';

/** Follows the keyboard; gives the undo. */
export function followKeys(): () => void {
  let waiting = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const press = (event: KeyboardEvent) => {
    const target = event.target instanceof Element ? event.target : null;
    const pressed = {
      key: event.key,
      hasModifier: event.ctrlKey || event.metaKey || event.altKey,
      isWriting: target?.closest(NARROWING) !== null && target !== null,
      isOnControl: target?.closest("a, button") !== null && target !== null,
    };
    const result = commandOf(pressed, waiting);
    waiting = result.waiting;
    clearTimeout(timer);
    if (waiting) timer = setTimeout(() => (waiting = ""), CHORD_MS);
    if (result.command && carryOut(result.command)) event.preventDefault();
  };
  addEventListener("keydown", press);
  return () => {
    clearTimeout(timer);
    removeEventListener("keydown", press);
  };
}

/** False when the command has no meaning here, so that the key stays the browser's. */
function carryOut(command: Command): boolean {
  const { route } = routeStore.get();
  switch (command) {
    case "next":
    case "previous":
      return step(route, command === "next" ? 1 : -1);
    case "open":
      return openCurrent(route);
    case "back":
      return goBack(route);
    case "search":
      return focusSearch();
    case "help":
      helpStore.set({ isOpen: true });
      return true;
    case "notifications":
      openBell();
      return true;
    case "reply":
    case "note":
    case "assign_me":
    case "resolve":
    case "details":
      return onTicket(command);
    default:
      return go(command);
  }
}

type GoCommand = "create" | Extract<Command, `go_${string}`>;

function go(command: GoCommand): boolean {
  const me = agentOf(sessionStore.get().session);
  if (command === "create" && !(me && mayAnswer(me))) return false;
  const view = (id: string): Route => ticketsRoute(null, { view: id, filters: {}, sort: null });
  const places: Record<GoCommand, Route> = {
    create: { page: "new_ticket" },
    go_tickets: view(DEFAULT_VIEW),
    go_mine: view("mine"),
    go_unassigned: view("unassigned"),
    go_customers: { page: "customers", customerId: null, q: "" },
    go_articles: { page: "articles", articleId: null, q: "" },
    go_reports: { page: "reports", days: 30, group: "priority" },
    go_settings: { page: "settings", section: "profile", id: null },
  };
  navigate(places[command]);
  return true;
}

function step(route: Route, by: 1 | -1): boolean {
  if (route.page !== "tickets") return false;
  const { list } = listStore.get();
  const id = neighbour(list, route.ticketId ?? cursorStore.get().id, by);
  cursorStore.set({ id });
  if (route.ticketId && id) show(id, route.list);
  return true;
}

function show(id: string, place: ListPlace): void {
  navigate(ticketsRoute(id, place), routeStore.get().route.page === "tickets");
}

function openCurrent(route: Route): boolean {
  const { id } = cursorStore.get();
  if (route.page !== "tickets" || route.ticketId || !id) return false;
  navigate(ticketsRoute(id, route.list));
  return true;
}

function goBack(route: Route): boolean {
  if (route.page !== "tickets" || !route.ticketId) return false;
  cursorStore.set({ id: route.ticketId });
  navigate(ticketsRoute(null, route.list));
  return true;
}

function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>("[data-search]");
  field?.focus();
  return field !== null;
}

function onTicket(command: "reply" | "note" | "assign_me" | "resolve" | "details"): boolean {
  const { id, ticket } = ticketStore.get();
  const me = agentOf(sessionStore.get().session);
  if (!id || !ticket || !me) return false;
  if (command === "details") toggleAside();
  else if (command === "note") focusComposer(id, "note");
  else if (!mayAnswer(me)) return false;
  else if (command === "reply") focusComposer(id, "message");
  else if (command === "assign_me") void assignAgent(id, me.id);
  else void setStatus(id, "resolved");
  return true;
}
