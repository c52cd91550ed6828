/** What the form of an inbox holds, and what of it the server is told. Pure. */
import type { ChatSettings, EmailSettings, Inbox, MailServer } from "@parley/shared/resources";

export const CHANNEL_CHOICES: readonly Inbox["channel"][] = ["chat", "email", "api"];

/** The settings of every channel at once, so that a form keeps them while the channel changes. */
export type AnySettings = ChatSettings & EmailSettings;

/** What the part of the form that belongs to one channel is given. */
export interface ChannelProps {
  settings: AnySettings;
  onChange: (part: Partial<AnySettings>) => void;
  failure: unknown;
}

export interface InboxFields {
  name: string;
  channel: Inbox["channel"];
  address: string;
  agent_ids: string[];
  settings: AnySettings;
}

const DEFAULTS: AnySettings = {
  greeting: "",
  accent_color: "#3b4fe0",
  allowed_origins: [],
  identified_only: false,
  sneak_peek: false,
  signature: "",
  smtp: null,
  imap: null,
};

export function fieldsOf(inbox: Inbox | null, everybody: string[]): InboxFields {
  return {
    name: inbox?.name ?? "",
    channel: inbox?.channel ?? "chat",
    address: inbox?.address ?? "",
    agent_ids: inbox?.agent_ids ?? everybody,
    settings: { ...DEFAULTS, ...inbox?.settings },
  };
}

/** Only what belongs to the channel goes to the server; the channel of an inbox never changes. */
export function bodyOf(
  { name, channel, address, agent_ids, settings }: InboxFields,
  isNew: boolean,
): object {
  const { signature, smtp, imap, ...chat } = settings;
  const email = { signature, smtp: smtp && mailServer(smtp), imap: imap && mailServer(imap) };
  return {
    name,
    agent_ids,
    ...(isNew ? { channel } : {}),
    ...(channel === "email" ? { address, settings: email } : {}),
    ...(channel === "chat" ? { settings: chat } : {}),
  };
}

/** One origin a line; empty lines do not count. */
export function parseOrigins(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

export const DEFAULT_SMTP: MailServer = { host: "", port: 587, username: "", security: "starttls" };
export const DEFAULT_IMAP = {
  host: "",
  port: 993,
  username: "",
  security: "tls",
  folder: "INBOX",
} as const;

/** Without the password when none was typed: the server then keeps the one it has. */
export function mailServer<S extends MailServer>(server: S): S {
  const { password, ...rest } = server;
  return (password ? server : rest) as S;
}

/** The element that a site pastes to carry the widget of an inbox. */
export function installSnippet(origin: string, inboxId: string): string {
  return `<script async src="${origin}/widget.js" data-inbox="${inboxId}"></script>`;
}
