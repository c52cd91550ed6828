/** A conversation: the log of messages, who is typing, and the way down to the newest. */

import type { Status } from "@parley/shared/resources";
import { formatDay } from "@parley/shared/time/format";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { type App, shownRoom } from "../app";
import type { Writing } from "../composer/actions";
import { Composer } from "../composer/view";
import { DownIcon } from "../icons";
import type { WidgetTranslator } from "../words";
import { fetchFile, openConversation } from "./actions";
import { Avatar, Message, Text } from "./message";
import { type Entry, namesTyping, statusOf, toEntries } from "./model";

const nearBottomPx = 80;
const pageLength = 100;

export function ConversationView({ app, writing }: { app: App; writing: Writing }): JSX.Element {
  const { value: t } = app.t;
  const live = app.beat.value >= 0 ? app.live.value : null;
  const name = shownRoom(app) ?? "";
  const room = live?.room(name) ?? null;
  const isOld = name.startsWith("ticket:");
  const [limit, setLimit] = useState(pageLength);
  useEffect(() => setLimit(pageLength), [name]);
  const entries = toEntries(room, live?.outgoing(name) ?? [], live?.phase() === "online", limit);
  const hasEarlier = (room?.history.events.length ?? 0) > limit;
  const known = app.rooms.value.find((each) => each.room === name)?.status ?? "new";
  return (
    <>
      <Log
        app={app}
        entries={entries}
        typing={namesTyping(room)}
        greeting={app.session.value?.inbox.greeting || t("defaultGreeting")}
        loading={isOld && !room?.caughtUp && entries.length === 0}
        onEarlier={hasEarlier ? () => setLimit(limit + pageLength) : null}
      />
      {isClosed(statusOf(room, known)) ? (
        <div class="ended">
          <p>{t("closed")}</p>
          <button type="button" class="primary" onClick={() => openConversation(app, null)}>
            {t("startConversation")}
          </button>
        </div>
      ) : (
        <Composer app={app} writing={writing} />
      )}
    </>
  );
}

const isClosed = (status: Status) => status === "closed";

/** Keeps to the newest message while the reader is there; says so when there is more below. */
function useBottom(last: string, own: string, first: string) {
  const log = useRef<HTMLDivElement>(null);
  const held = useRef(true);
  const height = useRef(0);
  const [below, setBelow] = useState(false);
  const toBottom = () => log.current?.scrollTo({ top: log.current.scrollHeight });
  useLayoutEffect(() => {
    const content = log.current;
    if (!content) return;
    const watch = new ResizeObserver(() => held.current && toBottom());
    for (const part of [content, ...content.children]) watch.observe(part);
    return () => watch.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (held.current) toBottom();
    else setBelow(true);
  }, [last]);
  useLayoutEffect(() => {
    if (own) toBottom();
  }, [own]);
  useLayoutEffect(() => {
    // What came above must not move what is being read.
    const element = log.current;
    if (element && !held.current) element.scrollTop += element.scrollHeight - height.current;
  }, [first]);
  useLayoutEffect(() => {
    height.current = log.current?.scrollHeight ?? 0;
  });
  const onScroll = () => {
    const element = log.current;
    if (!element) return;
    const gap = element.scrollHeight - element.scrollTop - element.clientHeight;
    held.current = gap < nearBottomPx;
    if (held.current) setBelow(false);
  };
  return { log, below, onScroll, toBottom };
}

interface LogProps {
  app: App;
  entries: Entry[];
  typing: string[];
  greeting: string;
  loading: boolean;
  /** Shows more of the past, when there is more. */
  onEarlier: (() => void) | null;
}

function Log({ app, entries, typing, greeting, loading, onEarlier }: LogProps): JSX.Element {
  const { value: t } = app.t;
  const [first] = entries.filter(({ kind }) => kind !== "day");
  const last = entries.at(-1);
  const own = last?.kind === "message" && last.own ? last.key : "";
  const { log, below, onScroll, toBottom } = useBottom(last?.key ?? "", own, first?.key ?? "");
  return (
    <div class="log-frame">
      <div
        class="log"
        ref={log}
        data-start
        onScroll={onScroll}
        role="log"
        aria-live="polite"
        aria-label={t("message")}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
      >
        {onEarlier ? (
          <button type="button" class="earlier" onClick={onEarlier}>
            {t("earlier")}
          </button>
        ) : (
          <Greeting text={greeting} team={app.session.value?.inbox.name ?? t("team")} />
        )}
        {loading && <p class="loading">{t("loading")}</p>}
        <ol aria-busy={loading}>
          {entries.map((entry) => (
            <Line key={entry.key} entry={entry} app={app} t={t} />
          ))}
        </ol>
        <div>
          <Typing names={typing} t={t} />
        </div>
      </div>
      {below && (
        <button type="button" class="to-bottom" onClick={toBottom}>
          <DownIcon />
          {t("newMessages")}
        </button>
      )}
    </div>
  );
}

function Greeting({ text, team }: { text: string; team: string }): JSX.Element {
  return (
    <div class="message theirs first last greeting">
      <Avatar name={team} />
      <div class="said">
        <div class="balloon">
          <Text text={text} />
        </div>
      </div>
    </div>
  );
}

function Line({ entry, app, t }: { entry: Entry; app: App; t: WidgetTranslator }): JSX.Element {
  switch (entry.kind) {
    case "day":
      return (
        <li class="day">
          <span>{formatDay(entry.at, new Date(), t.locale)}</span>
        </li>
      );
    case "status":
      return (
        <li class="status">
          {t(entry.reopened ? "reopened" : entry.status === "closed" ? "closed" : "resolved")}
        </li>
      );
    case "message":
      return (
        <Message
          entry={entry}
          t={t}
          onRetry={(id) => app.live.value?.retry(id)}
          onDiscard={(id) => app.live.value?.discard(id)}
          onFetch={(file) => fetchFile(app, file.id)}
        />
      );
    default:
      return entry satisfies never;
  }
}

function Typing({ names, t }: { names: string[]; t: WidgetTranslator }): JSX.Element | null {
  if (names.length === 0) return null;
  const said = t(names.length > 1 ? "typingMany" : "typing", { names: names.join(", ") });
  return (
    <div class="typing">
      <Avatar name={names[0] ?? ""} />
      <span class="dots" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <span class="typing-name">{said}</span>
    </div>
  );
}
