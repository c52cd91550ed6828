/** The visitor's conversations, and the door to a new one. */

import { formatAge } from "@parley/shared/time/format";
import type { JSX } from "preact";
import type { App } from "../app";
import { openConversation } from "../conversation/actions";
import { WriteIcon } from "../icons";
import type { WidgetTranslator } from "../words";
import { type Conversation, toConversations } from "./model";

export function HomeView({ app }: { app: App }): JSX.Element {
  const { value: t } = app.t;
  const live = app.beat.value >= 0 ? app.live.value : null;
  const room = (name: string) => live?.room(name) ?? null;
  const conversations = toConversations(app.rooms.value, room, live?.me()?.id ?? null);
  return (
    <div class="home">
      <p class="home-greeting">{app.session.value?.inbox.greeting || t("defaultGreeting")}</p>
      <h2 data-start tabIndex={-1}>
        {t("conversations")}
      </h2>
      <ul class="conversations">
        {conversations.map((each) => (
          <Row key={each.room} conversation={each} app={app} t={t} />
        ))}
      </ul>
      <button type="button" class="primary" onClick={() => openConversation(app, null)}>
        <WriteIcon />
        {t("newConversation")}
      </button>
    </div>
  );
}

interface RowProps {
  conversation: Conversation;
  app: App;
  t: WidgetTranslator;
}

function Row({ conversation, app, t }: RowProps): JSX.Element {
  const { room, subject, preview, own, at, unread } = conversation;
  return (
    <li>
      <button
        type="button"
        class={unread ? "conversation unread" : "conversation"}
        onClick={() => openConversation(app, room)}
      >
        <span class="subject">{subject || t("untitled")}</span>
        {at && (
          <time class="age" dateTime={at.toISOString()}>
            {formatAge(at, new Date(), t.locale)}
          </time>
        )}
        <span class="preview">
          {own && `${t("you")}: `}
          {preview || t("attachmentOnly")}
        </span>
        {unread > 0 && (
          <span class="count">
            <span aria-hidden="true">{unread}</span>
            <span class="hidden">{t("unreadHere", { count: unread })}</span>
          </span>
        )}
      </button>
    </li>
  );
}
