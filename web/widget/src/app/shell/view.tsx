/** The frame around every screen: who we talk to, whether the line holds, and the way out. */

import type { JSX, RefObject } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type App, shownRoom } from "../app";
import type { Writing } from "../composer/actions";
import { openHome } from "../conversation/actions";
import { Avatar } from "../conversation/message";
import { namesHere } from "../conversation/model";
import { ConversationView } from "../conversation/view";
import { HomeView } from "../home/view";
import { BackIcon, CloseIcon } from "../icons";

interface ShellProps {
  app: App;
  writing: Writing;
  /** Absent where the widget stands alone: there is nothing to close. */
  onClose: (() => void) | null;
}

export function Shell({ app, writing, onClose }: ShellProps): JSX.Element | null {
  const { value: screen } = app.screen;
  const main = useRef<HTMLElement>(null);
  useFocus(app, main);
  const drop = useDrop(writing, screen.kind === "conversation");
  if (!app.session.value) return null;
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape" && !event.isComposing) onClose?.();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes from wherever the focus is
    <div class={drop.over ? "shell dropping" : "shell"} onKeyDown={onKeyDown} {...drop.handlers}>
      <Header app={app} onClose={onClose} />
      <Line app={app} />
      <main ref={main}>
        {screen.kind === "home" ? (
          <HomeView app={app} />
        ) : (
          <ConversationView app={app} writing={writing} />
        )}
      </main>
      {drop.over && <p class="drop-hint">{app.t.value("dropFiles")}</p>}
    </div>
  );
}

function Header({ app, onClose }: Omit<ShellProps, "writing">): JSX.Element {
  const { value: t } = app.t;
  const live = app.beat.value >= 0 ? app.live.value : null;
  const here = namesHere(live?.room(shownRoom(app) ?? "") ?? null);
  const { name: inbox = t("team"), online = false } = app.session.value?.inbox ?? {};
  const canGoBack = app.screen.value.kind === "conversation" && app.rooms.value.length > 0;
  return (
    <header>
      {canGoBack && (
        <button
          type="button"
          class="icon"
          aria-label={t("back")}
          title={t("back")}
          onClick={() => openHome(app)}
        >
          <BackIcon />
        </button>
      )}
      <Avatar name={here[0] ?? inbox} />
      <div class="heading">
        <h1>{inbox}</h1>
        <p class={here.length || online ? "present" : ""}>
          {here.length
            ? t(here.length > 1 ? "hereMany" : "here", { names: here.join(", ") })
            : t(online ? "onlineNow" : "leaveMessage")}
        </p>
      </div>
      {onClose && (
        <button
          type="button"
          class="icon"
          aria-label={t("closeChat")}
          title={t("closeChat")}
          onClick={onClose}
        >
          <CloseIcon />
        </button>
      )}
    </header>
  );
}

/** Says when the line is broken; what is written meanwhile is kept. */
function Line({ app }: { app: App }): JSX.Element {
  const { value: t } = app.t;
  const broken = !app.networked.value || app.lost.value;
  return (
    <div role="status" class={broken ? "line broken" : "line"}>
      {broken && t(app.networked.value ? "reconnecting" : "offline")}
    </div>
  );
}

/**
 * Puts the focus into the field, or where a screen begins: what had it on the last screen is
 * gone. On a touch screen the field would raise the keyboard over the conversation.
 */
function useFocus(app: App, main: RefObject<HTMLElement | null>): void {
  const shown = app.visible.value && app.session.value !== null;
  useEffect(() => {
    if (!shown) return;
    const field = matchMedia("(pointer: fine)").matches && main.current?.querySelector("textarea");
    (field || main.current?.querySelector<HTMLElement>("[data-start]"))?.focus();
  }, [shown, app.screen.value]);
}

function useDrop(writing: Writing, open: boolean) {
  const [over, setOver] = useState(false);
  const onDragOver = (event: DragEvent) => {
    if (!open || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    setOver(true);
  };
  const onDragLeave = (event: DragEvent) => {
    const inside = event.relatedTarget instanceof Node;
    if (!inside) setOver(false);
  };
  const onDrop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    if (open) writing.attach(event.dataTransfer?.files ?? []);
  };
  return { over, handlers: { onDragOver, onDragLeave, onDrop } };
}
