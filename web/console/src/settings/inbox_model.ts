/** What the form of an inbox holds, and what of it the server is told. Pure. */
import type {
  ChatSettings,
  EmailSettings,
  ImapServer,
  Inbox,
  MailOAuth,
  MailServer,
  RelayServer,
} from "@parley/shared/resources";

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
  template: "",
  quote: false,
  bcc: [],
  dkim: null,
  smtp: null,
  imap: null,
  catch_all: false,
  closed_reply: "new",
  auto_reply: null,
  authserv_id: "",
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
  return {
    name,
    agent_ids,
    ...(isNew ? { channel } : {}),
    ...(channel === "email" ? { address, settings: emailBody(settings) } : {}),
    ...(channel === "chat" ? { settings: chatBody(settings) } : {}),
  };
}

function chatBody(settings: AnySettings): ChatSettings {
  const { greeting, accent_color, allowed_origins, identified_only, sneak_peek } = settings;
  return { greeting, accent_color, allowed_origins, identified_only, sneak_peek };
}

function emailBody(settings: AnySettings): EmailSettings {
  const { signature, template, quote, bcc, catch_all, closed_reply, auto_reply } = settings;
  return {
    signature,
    template,
    quote,
    bcc,
    catch_all,
    closed_reply,
    auto_reply,
    authserv_id: settings.authserv_id.trim(),
    dkim: settings.dkim && dkimBody(settings.dkim),
    smtp: settings.smtp && { ...mailServer(settings.smtp), auth: settings.smtp.auth },
    imap: settings.imap && imapServer(settings.imap),
  };
}

/** Without a key when none was given: the server then keeps the one it has, or makes one. */
function dkimBody({ domain, selector, key }: NonNullable<EmailSettings["dkim"]>) {
  return { domain, selector, ...(key ? { key } : {}) };
}

/** Without the password when none was typed: the server then keeps the one it has. */
export function mailServer({ host, port, username, security, password }: MailServer): MailServer {
  return { host, port, username, security, ...(password ? { password } : {}) };
}

export function imapServer(server: ImapServer): ImapServer {
  const { folder, folders, auth, oauth, after_import } = server;
  const hasAction = after_import?.move_to || after_import?.flag;
  return {
    ...mailServer(server),
    folder,
    folders,
    auth,
    oauth: auth === "xoauth2" && oauth ? oauthBody(oauth) : null,
    after_import: hasAction ? after_import : null,
  };
}

function oauthBody({ token_url, client_id, scope, authorize_url, ...secrets }: MailOAuth) {
  const given = Object.entries(secrets).filter(([, secret]) => secret);
  return { token_url, client_id, scope, authorize_url, ...Object.fromEntries(given) };
}

/** One origin a line; empty lines do not count. */
export function parseOrigins(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** One folder a line; a folder's name may have spaces and commas in it. */
export function parseFolders(text: string): Pick<ImapServer, "folder" | "folders"> {
  const [folder = "", ...folders] = text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
  return { folder, folders };
}

export type Provider = "google" | "microsoft" | "custom";
export const PROVIDERS: readonly Provider[] = ["google", "microsoft", "custom"];

/** Where each gives tokens, for what, and where it asks for consent. */
export const OAUTH: Record<Provider, Pick<MailOAuth, "token_url" | "scope" | "authorize_url">> = {
  google: {
    token_url: "https://oauth2.googleapis.com/token",
    authorize_url: "https://accounts.google.com/o/oauth2/v2/auth",
    scope: "https://mail.google.com/",
  },
  microsoft: {
    token_url: "https://login.microsoftonline.com/common/oauth2/v2.0/token",
    authorize_url: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
    scope:
      "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access",
  },
  custom: { token_url: "", scope: "", authorize_url: "" },
};

export function providerOf({ token_url }: Pick<MailOAuth, "token_url">): Provider {
  const { hostname } = new URL(URL.canParse(token_url) ? token_url : "https://nowhere");
  if (hostname.endsWith(".googleapis.com")) return "google";
  return hostname === "login.microsoftonline.com" ? "microsoft" : "custom";
}

/** The relay signs in as the account that is fetched, which must then be allowed to send as well. */
export function signInBy(
  auth: RelayServer["auth"],
  smtp: RelayServer,
  imap: ImapServer | null,
): Partial<AnySettings> {
  if (auth === "password" || !imap?.oauth) return { smtp: { ...smtp, auth } };
  const provider = providerOf(imap.oauth);
  const scope = provider === "custom" ? imap.oauth.scope : OAUTH[provider].scope;
  return {
    smtp: { ...smtp, auth, username: smtp.username || imap.username },
    imap: { ...imap, oauth: { ...imap.oauth, scope } },
  };
}

export const DEFAULT_SMTP: RelayServer = {
  host: "",
  port: 587,
  username: "",
  security: "starttls",
  auth: "password",
};
export const DEFAULT_IMAP: ImapServer = {
  host: "",
  port: 993,
  username: "",
  security: "tls",
  folder: "INBOX",
  folders: [],
  auth: "password",
  oauth: null,
  after_import: null,
};

/** Signs for the domain that mail is sent from. */
export function defaultDkim(address: string): { domain: string; selector: string } {
  return { domain: address.split("@")[1] ?? "", selector: "parley" };
}

/** The element that a site pastes to carry the widget of an inbox. */
export function installSnippet(origin: string, inboxId: string): string {
  return `<script async src="${origin}/widget.js" data-inbox="${inboxId}"></script>`;
}
