/** The widget's state, as signals: written by the actions, read by the views. */

import { createTranslator, pickLocale } from "@parley/shared/i18n/translator";
import type { LiveClient } from "@parley/shared/live/client";
import type { WidgetRoom, WidgetSession } from "@parley/shared/resources";
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { ToPage } from "../bridge/messages";
import { type Draft, emptyDraft } from "./composer/model";
import { countUnread } from "./conversation/model";
import type { KeyValues } from "./session/storage";
import { dictionaries, type WidgetTranslator } from "./words";

/** `room` null: a conversation that has not begun. */
export type Screen = { kind: "home" } | { kind: "conversation"; room: string | null };

export interface App {
  readonly inbox: string;
  readonly storage: KeyValues;
  /** Tells the page around us; nothing where the widget stands alone. */
  readonly tellPage: (message: ToPage) => void;
  readonly locales: Signal<readonly string[]>;
  readonly t: ReadonlySignal<WidgetTranslator>;
  readonly session: Signal<WidgetSession | null>;
  /** Whose session it is; stays while the rest of it changes. */
  readonly visitor: ReadonlySignal<string | null>;
  readonly rooms: Signal<readonly WidgetRoom[]>;
  readonly live: Signal<LiveClient | null>;
  /** Raised whenever the live client has something new to show. */
  readonly beat: Signal<number>;
  readonly visible: Signal<boolean>;
  readonly screen: Signal<Screen>;
  readonly draft: Signal<Draft>;
  /** Files on their way up, by the key of their place in the draft. */
  readonly uploads: Map<string, AbortController>;
  /** Why a chosen file was not taken. */
  readonly complaint: Signal<string | null>;
  /** The browser says that it has a network. */
  readonly networked: Signal<boolean>;
  /** Not connected for long enough to say so. */
  readonly lost: Signal<boolean>;
  readonly unread: ReadonlySignal<number>;
}

export function createApp(
  inbox: string,
  storage: KeyValues,
  tellPage: (message: ToPage) => void,
  languages: readonly string[],
): App {
  const locales = signal<readonly string[]>(languages);
  const session = signal<WidgetSession | null>(null);
  const live = signal<LiveClient | null>(null);
  const rooms = signal<readonly WidgetRoom[]>([]);
  const beat = signal(0);
  return {
    inbox,
    storage,
    tellPage,
    locales,
    t: computed(() => createTranslator(dictionaries, pickLocale(locales.value))),
    session,
    visitor: computed(() => session.value?.visitor_id ?? null),
    rooms,
    live,
    beat,
    visible: signal(false),
    screen: signal<Screen>({ kind: "conversation", room: null }),
    draft: signal(emptyDraft),
    uploads: new Map(),
    complaint: signal<string | null>(null),
    networked: signal(true),
    lost: signal(false),
    unread: computed(() => {
      const me = beat.value >= 0 ? live.value?.me() : null;
      const states = rooms.value.map(({ room }) => live.value?.room(room));
      return states.reduce((sum, state) => sum + (state && me ? countUnread(state, me.id) : 0), 0);
    }),
  };
}

export const inboxRoom = (app: App) => `inbox:${app.inbox}`;

/** The room whose messages the open conversation shows. */
export function shownRoom(app: App): string | null {
  const screen = app.screen.value;
  return screen.kind === "conversation" ? (screen.room ?? inboxRoom(app)) : null;
}
