/** What is said of a mail beside its words: who wrote whom, what marks it, whether it is what it
 * claims to be. Pure. */
import type {
  AuthenticationResult,
  Inbox,
  MailInfo,
  MailPerson,
  Ticket,
} from "@parley/shared/resources";
import type { WordKey } from "../words/view";

export type BadgeKind = "forged" | "bounce" | "auto_reply" | "list" | "other_sender" | "defects";

/** What an agent must know before reading, the gravest first. `known` are the addresses of the ticket's
 * customer; while there are none, nobody is called another. */
export function badgesOf(mail: MailInfo, known: readonly string[]): BadgeKind[] {
  const badges: BadgeKind[] = [];
  if (mail.forged) badges.push("forged");
  if (mail.class === "bounce") badges.push("bounce");
  else if (mail.class === "list") badges.push("list");
  else if (mail.class === "auto_reply" || mail.auto) badges.push("auto_reply");
  if (isOther(mail, known)) badges.push("other_sender");
  if (mail.defects.length) badges.push("defects");
  return badges;
}

/** Somebody else than the ticket's customer wrote it; a bounce is a machine's and nobody's. */
function isOther(mail: MailInfo, known: readonly string[]): boolean {
  if (mail.direction !== "in" || mail.class === "bounce" || !known.length) return false;
  const from = mail.from.email.toLowerCase();
  return from !== "" && !known.includes(from);
}

export function personName({ name, email }: MailPerson): string {
  return name || email;
}

/** `Carla Stone <carla@customer.test>`, or the one of the two that there is. */
export function personFull({ name, email }: MailPerson): string {
  return name && email ? `${name} <${email}>` : name || email;
}

/** Names up to `most`, and how many more there are. */
export function briefly(
  people: readonly MailPerson[],
  most: number,
): { names: string; more: number } {
  const shown = people.length > most ? people.slice(0, most - 1) : people;
  return { names: shown.map(personName).join(", "), more: people.length - shown.length };
}

export interface Finding {
  what: "spf" | "dkim" | "dmarc";
  outcome: "good" | "bad" | "unknown";
  word: WordKey;
}

function outcomeOf(result: AuthenticationResult): Finding["outcome"] {
  switch (result) {
    case "pass":
      return "good";
    case "fail":
    case "softfail":
      return "bad";
    case "neutral":
    case "none":
    case "temperror":
    case "permerror":
      return "unknown";
    default:
      return result satisfies never;
  }
}

/** What SPF, DKIM and DMARC found, each as a sentence; empty where nobody has looked. */
export function findingsOf({ authentication }: MailInfo): Finding[] {
  if (authentication.source === null) return [];
  return (["spf", "dkim", "dmarc"] as const).map((what) => {
    const outcome = outcomeOf(authentication[what]);
    return { what, outcome, word: `${what}_${outcome}` };
  });
}

/** The mail behind each interaction, by the interaction's id. */
export function mailsByInteraction(mails: readonly MailInfo[]): ReadonlyMap<string, MailInfo> {
  const found = new Map<string, MailInfo>();
  for (const mail of mails) if (mail.interaction_id) found.set(mail.interaction_id, mail);
  return found;
}

const REMOTE = /\sdata-remote-src="(https?:\/\/[^"]{1,4000})"/g;
const MAX_REMOTE = 200;

/** The addresses of pictures that lie elsewhere, each once, as the server's sanitiser writes them. */
export function remoteImages(html: string): string[] {
  const found = new Set<string>();
  for (const [, address] of html.matchAll(REMOTE)) {
    if (address) found.add(address.replaceAll("&amp;", "&"));
    if (found.size >= MAX_REMOTE) break;
  }
  return [...found];
}

/** Which folds of a message were opened, by their place in it; shut again when the page goes. */
export type Folds = ReadonlySet<number>;

export function withFold(folds: Folds, at: number, isOpen: boolean): Folds {
  const next = new Set(folds);
  if (isOpen) next.add(at);
  else next.delete(at);
  return next;
}

const SOON_MS = 3000;
const BRISK_MS = 12_000;
/** So long after the ticket moved its mails may still change without a word of it. */
const SETTLES_MS = 600_000;

/** How long until asking again is worth it; false for not at all. A reply becomes a mail a moment after it
 * was said, and on a busy desk, or one that is started again, a while after: ever more rarely, then. */
export function askAgainMs(mails: readonly MailInfo[], movedAgoMs: number): number | false {
  if (mails.some(({ state }) => state === "queued")) return SOON_MS;
  if (movedAgoMs > SETTLES_MS) return false;
  // In steps: a pause that changed with each look would begin anew with it.
  return SOON_MS * 2 ** Math.floor(Math.log2(Math.max(movedAgoMs, BRISK_MS) / BRISK_MS));
}

/** Whether answers leave by mail, however the ticket was opened. The inbox may not be known yet. */
export function isByMail(
  { channel_source, customer }: Pick<Ticket, "channel_source" | "customer">,
  inbox: Pick<Inbox, "channel"> | undefined,
): boolean {
  if (channel_source === "email") return true;
  return inbox?.channel === "email" && customer.email !== null;
}
