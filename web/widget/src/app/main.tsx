/** Wires the widget's app: the page around it, the session, the views. The only start. */

import { systemClock } from "@parley/shared/live/clock";
import { openSocketAt, socketAddress } from "@parley/shared/socket";
import { effect, untracked } from "@preact/signals";
import { render } from "preact";
import type { ToFrame, ToPage } from "../bridge/messages";
import { openPageBridge, type PageBridge } from "../bridge/page";
import { type App, createApp } from "./app";
import { Attendance } from "./attendance/actions";
import { Writing } from "./composer/actions";
import { openConversation, watchReading } from "./conversation/actions";
import { Visit } from "./session/actions";
import { rememberedKey } from "./session/model";
import { openKeyValues } from "./session/storage";
import { Shell } from "./shell/view";
import { applyLook, lookOf, lookOn } from "./theme";
import "@parley/shared/design/tokens.css";
import "./widget.css";

const inbox = new URLSearchParams(location.search).get("inbox") ?? "";
type Ask = ToFrame & { type: "open" | "prefill" };

let bridge: PageBridge | null = null;
const tellPage = (message: ToPage) => bridge?.post(message);

const app: App = createApp(
  inbox,
  openKeyValues(() => localStorage),
  tellPage,
  navigator.languages,
);
const visit = new Visit(app, openSocketAt(socketAddress(location)), systemClock);
const writing = new Writing(app, systemClock);

function setVisible(on: boolean): void {
  app.visible.value = on;
  if (on) visit.connect();
}

async function leave(): Promise<void> {
  setVisible(false);
  await visit.end();
  tellPage({ type: "gone" });
}

/** What the page asked for before the session was there. */
const asked: Ask[] = [];

function ask(message: Ask): void {
  if (message.type === "prefill") {
    if (app.screen.value.kind === "home") openConversation(app, null);
    writing.write(message.text);
  } else if (!message.room || app.rooms.value.some(({ room }) => room === message.room)) {
    openConversation(app, message.room);
  }
}

function receive(message: ToFrame): void {
  switch (message.type) {
    case "boot":
      if (message.locale) app.locales.value = [message.locale, ...navigator.languages];
      app.visible.value = message.visible;
      void visit.begin(message.identity);
      return;
    case "identify":
      void visit.begin(message.identity);
      return;
    case "locale":
      app.locales.value = [message.locale, ...navigator.languages];
      return;
    case "visible":
      setVisible(message.on);
      return;
    case "open":
    case "prefill":
      if (app.session.value) ask(message);
      else asked.push(message);
      return;
    case "shutdown":
      void leave();
      return;
    default:
      message satisfies never;
  }
}

function watchNetwork(): void {
  const tell = () => {
    app.networked.value = navigator.onLine;
    app.live.value?.network(navigator.onLine);
  };
  addEventListener("online", tell);
  addEventListener("offline", tell);
}

/** The page learns what the bubble needs: a look, a count, and the words for it. */
function describe(): void {
  const { value: session } = app.session;
  const { value: t } = app.t;
  if (!session) return;
  const unread = app.visible.value ? 0 : app.unread.value;
  const closed = unread ? t("openChatUnread", { count: unread }) : t("openChat");
  tellPage({
    type: "state",
    look: lookOf(session.inbox.accent_color),
    unread,
    title: t("chatWith", { name: session.inbox.name }),
    label: app.visible.value ? t("closeChat") : closed,
  });
}

function dress(): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const color = app.session.value?.inbox.accent_color;
    if (color !== undefined) applyLook(document.documentElement, lookOn(color, dark.matches));
    document.documentElement.lang = app.t.value.locale;
  };
  effect(apply);
  dark.addEventListener("change", apply);
}

function start(): void {
  const root = document.getElementById("app");
  const alone = window.parent === window;
  if (!root || !inbox) return;
  bridge = openPageBridge(window, receive);
  if (!bridge && !alone) return;
  watchNetwork();
  watchReading(app, document);
  new Attendance(app, systemClock).watch();
  effect(describe);
  effect(() => {
    if (app.session.value) for (const message of asked.splice(0)) untracked(() => ask(message));
  });
  dress();
  // Another tab has signed out: this one must not go on as that visitor.
  addEventListener("storage", (event) => {
    if (event.key === rememberedKey(inbox) && event.newValue === null) void leave();
  });
  const onClose = alone ? null : () => tellPage({ type: "hide" });
  render(<Shell app={app} writing={writing} onClose={onClose} />, root);
  if (alone) {
    setVisible(true);
    void visit.begin(null);
  } else tellPage({ type: "loaded" });
}

start();
