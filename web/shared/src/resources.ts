/**
 * The JSON resources of the HTTP interface and of live frames, as the server writes them.
 * Types only. Ids are UUIDv7, instants RFC 3339 in UTC; names stay in snake_case, as sent.
 */

export type Id = string;
export type Instant = string;

export type Status = "new" | "open" | "pending" | "on_hold" | "resolved" | "closed";
export type Priority = "low" | "normal" | "high" | "urgent";
export type ChannelSource = "chat" | "email" | "api" | "portal";
export type AuthorType = "customer" | "agent" | "system";
export type InteractionType = "message" | "note";
export type AgentStatus = "online" | "away" | "offline";
export type Role = "admin" | "agent" | "light_agent";
export type SlaTargetName = "first_response" | "next_response" | "resolution";

export const statuses: readonly Status[] = [
  "new",
  "open",
  "pending",
  "on_hold",
  "resolved",
  "closed",
];
export const priorities: readonly Priority[] = ["low", "normal", "high", "urgent"];

export interface SlaTarget {
  target: SlaTargetName;
  policy_id: Id;
  started_at: Instant;
  due_at: Instant;
  warned_at: Instant | null;
  met_at: Instant | null;
  breached_at: Instant | null;
  paused: boolean;
}

export interface LastMessage {
  /** The first 200 characters. */
  content: string;
  author_type: AuthorType;
  created_at: Instant;
}

export interface Ticket {
  id: Id;
  number: number;
  subject: string;
  description: string;
  status: Status;
  /** Why it waits, where somebody said so. */
  status_reason_id?: Id | null;
  status_reason?: string | null;
  priority: Priority;
  assignee_id: Id | null;
  team_id: Id | null;
  customer_id: Id;
  customer: { id: Id; name: string; email: string | null };
  inbox_id: Id;
  channel_source: ChannelSource;
  tags: string[];
  sla: SlaTarget[];
  seq: number;
  last_message: LastMessage | null;
  unread: boolean;
  created_at: Instant;
  updated_at: Instant;
  /** Only where one ticket is read. */
  participants?: Participant[] | null;
}

export interface Attachment {
  id: Id;
  interaction_id: Id | null;
  filename: string;
  /** Signed and short-lived. */
  url: string;
  mime_type: string;
  size_bytes: number;
  uploaded_by: Id | null;
  created_at: Instant;
}

export interface MailPerson {
  name: string;
  email: string;
}

export type AuthenticationResult =
  | "pass"
  | "fail"
  | "softfail"
  | "neutral"
  | "none"
  | "temperror"
  | "permerror";

/** One mail, received or sent; only agents see it. */
export interface MailInfo {
  /** Of a sent mail: its interaction's id. */
  id: Id;
  direction: "in" | "out";
  inbox_id: Id;
  ticket_id: Id | null;
  interaction_id: Id | null;
  from: MailPerson;
  to: MailPerson[];
  cc: MailPerson[];
  /** What the sender's own clock said. */
  date: Instant | null;
  /** Received or queued. */
  at: Instant;
  class: "human" | "auto_reply" | "bounce" | "list" | null;
  /** Why it is a machine's, where it is one. */
  auto: string | null;
  /** What was wrong with it and how it was mended, in sentences. */
  defects: string[];
  authentication: {
    spf: AuthenticationResult;
    dkim: AuthenticationResult;
    dmarc: AuthenticationResult;
    /** Who found that out: the desk itself, or the relay that handed the mail over. */
    source: "verified" | "relay" | null;
  };
  /** The domain in From disowns it. */
  forged: boolean;
  verified_sender: boolean;
  /** `received` still waits to be taken in, `done` has become an interaction. */
  state: "received" | "done" | "parked" | "queued" | "sent" | "failed";
  attempts: number;
  error: string | null;
  size_bytes: number | null;
  raw_url: string | null;
}

/** A folder that is fetched, and how that goes; without `folder`, nobody has looked yet. */
export interface Mailbox {
  inbox_id: Id;
  inbox_name: string;
  address: string | null;
  folder: string | null;
  last_seen_at: Instant | null;
  lag_seconds: number | null;
  fetched: number;
  waiting: number;
  error: string | null;
  error_at: Instant | null;
  /** What the last comparison with the server found there and not here. */
  missing: number | null;
  compared_at: Instant | null;
}

/** One step of a connection test; the first that fails is the last. */
export interface TrialStep {
  name: string;
  ok: boolean;
  detail: string;
}

export interface Trial {
  ok: boolean;
  steps: TrialStep[];
}

/** Somebody beside the customer who takes part in a ticket by mail. */
export interface Participant {
  id: Id;
  name: string;
  email: string | null;
}

export interface CustomerAddress {
  email: string;
  bounced_at: Instant | null;
  bounce: string | null;
}

export interface Interaction {
  id: Id;
  ticket_id: Id;
  /** For a customer, the ticket's public_seq. */
  seq: number;
  author_id: Id | null;
  author_type: AuthorType;
  author_name: string;
  type: InteractionType;
  content: string;
  /** Null where nothing but the text was said. */
  content_html: string | null;
  created_at: Instant;
  attachment_ids: Id[];
  attachments: Attachment[];
  /** Only on live frames: the id that the sender gave. */
  client_id?: Id | null;
  /** Only for agents, where a shared draft became this message: the generation that began then. */
  draft?: number | null;
}

export interface Customer {
  id: Id;
  name: string;
  email: string | null;
  company: string | null;
  /** What policies may ask: a service level, a language (BCP 47), and whatever the desk keeps. */
  tier: string | null;
  language: string | null;
  custom_fields: Record<string, string>;
  contact_info: Record<string, string>;
  created_at: Instant;
  updated_at: Instant;
  tickets_count: number;
  /** Only where one customer is read. */
  addresses?: CustomerAddress[] | null;
}

export interface Agent {
  id: Id;
  name: string;
  email: string;
  roles: Role[];
  status: AgentStatus;
  team_ids: Id[];
  inbox_ids: Id[];
  active: boolean;
  last_active_at: Instant | null;
  created_at: Instant;
}

export interface Team {
  id: Id;
  name: string;
  agent_ids: Id[];
  created_at: Instant;
}

export interface Tag {
  id: Id;
  name: string;
  tickets_count: number;
}

export interface ChatSettings {
  greeting: string;
  accent_color: string;
  /** Empty: any site may carry the widget. */
  allowed_origins: string[];
  identified_only: boolean;
  sneak_peek: boolean;
}

/** Passwords are written as `password` and never read back. */
export interface MailServer {
  host: string;
  port: number;
  username: string;
  security: "none" | "starttls" | "tls";
  password?: string;
}

/** The relay that mail leaves by; `xoauth2` is a token of the account that is fetched. */
export interface RelayServer extends MailServer {
  auth: "password" | "xoauth2";
}

/** Where access tokens for a mailbox come from; secrets are written and never read back. */
export interface MailOAuth {
  token_url: string;
  client_id: string;
  scope: string;
  /** Where a person gives consent; empty where nobody can. */
  authorize_url: string;
  client_secret?: string;
  refresh_token?: string;
}

export interface ImapServer extends MailServer {
  folder: string;
  /** Further ones. */
  folders: string[];
  auth: "password" | "xoauth2";
  oauth: MailOAuth | null;
  /** What happens there to a mail that was fetched. */
  after_import: { move_to: string | null; flag: string | null } | null;
}

export interface EmailSettings {
  signature: string;
  /** What stands around a reply; empty, or with `{{reply}}` in it. */
  template: string;
  /** Whether a reply quotes what it answers. */
  quote: boolean;
  bcc: string[];
  /** The key is written as `key` (or made by the server) and never read back; `record` is the TXT
   * record that `host` must have. */
  dkim: { domain: string; selector: string; key?: string; host?: string; record?: string } | null;
  smtp: RelayServer | null;
  imap: ImapServer | null;
  /** Takes mail to every address of its domain that no other inbox has. */
  catch_all: boolean;
  /** What an answer to a closed ticket does: open it again, or begin another. */
  closed_reply: "reopen" | "new";
  auto_reply: { enabled: boolean; text: string } | null;
  /** The relay whose Authentication-Results are believed. */
  authserv_id: string;
}

interface InboxFields {
  id: Id;
  name: string;
  address: string | null;
  agent_ids: Id[];
  created_at: Instant;
}

export type Inbox =
  | (InboxFields & { channel: "chat"; settings: Partial<ChatSettings> })
  | (InboxFields & { channel: "email"; settings: Partial<EmailSettings> })
  | (InboxFields & { channel: "api"; settings: Record<string, never> });

export interface KnowledgeArticle {
  id: Id;
  title: string;
  slug: string;
  /** Markdown. */
  content: string;
  content_html: string;
  category: string | null;
  tags: string[];
  author_id: Id | null;
  published_at: Instant | null;
  last_modified_at: Instant;
  view_count: number;
}

export interface View {
  id: "all_open" | "mine" | "unassigned" | "breaching" | "pending" | "resolved" | "all";
  name: string;
  query: string;
  count: number;
}

export interface AgentSession {
  agent: Agent;
  csrf_token: string;
  workspace: { id: Id; name: string; time_zone: string };
}

export interface WidgetRoom {
  room: string;
  subject: string;
  status: Status;
  public_seq: number;
  last_message: LastMessage | null;
}

export interface WidgetSession {
  token: string;
  visitor_id: Id;
  customer: { name: string | null; email: string | null };
  inbox: {
    id: Id;
    name: string;
    greeting: string;
    accent_color: string;
    sneak_peek: boolean;
    /** Whether somebody is there to answer. */
    online: boolean;
  };
  rooms: WidgetRoom[];
}

export interface Page<T> {
  data: T[];
  meta: { has_more: boolean; after_cursor: string | null };
  links: { next: string | null };
}

/** RFC 9457. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  errors?: { pointer: string; detail: string }[];
  request_id?: string;
}
