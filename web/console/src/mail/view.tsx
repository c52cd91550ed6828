/** A mail around its words: who wrote whom, marks, what was found out about its sender, pictures that
 * wait for a word, and what became of one that was sent. */
import type { Interaction, MailInfo, Ticket } from "@parley/shared/resources";
import { useQuery } from "@tanstack/react-query";
import {
  Ban,
  Bot,
  ChevronDown,
  CircleAlert,
  CircleCheck,
  CircleMinus,
  Download,
  FileWarning,
  ImageOff,
  List,
  type LucideIcon,
  ShieldAlert,
  UserRound,
} from "lucide-react";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { useCustomer } from "../customers/fields";
import { emailsOf } from "../customers/model";
import { refresh } from "../data/actions";
import { useInboxes, useMe } from "../data/view";
import { mayAnswer } from "../session/model";
import { useStore } from "../store";
import { Button } from "../ui/parts";
import { formatMoment } from "../ui/time";
import { useWords } from "../words/view";
import { fetchMails, openedStore, sendAgain, showImages } from "./actions";
import {
  askAgainMs,
  type BadgeKind,
  badgesOf,
  briefly,
  type Finding,
  findingsOf,
  isByMail,
  mailsByInteraction,
  personFull,
  remoteImages,
} from "./model";

const NONE: readonly MailInfo[] = [];

/** The mails of a ticket, oldest first; asked for again when the ticket moves, and while one of them
 * is on its way. */
export function useMails(ticket: Ticket) {
  const { id, seq, updated_at } = ticket;
  const enabled = useIsByMail(ticket);
  const moved = useRef({ seq, at: Date.parse(updated_at) });
  useEffect(() => {
    if (moved.current.seq === seq) return;
    moved.current = { seq, at: Date.now() };
    void refresh("tickets", id, "mails");
  }, [id, seq]);
  return useQuery({
    queryKey: ["tickets", id, "mails"],
    queryFn: ({ signal }) => fetchMails(id, signal),
    // A ticket that is shown again may have moved since it was shown last.
    staleTime: 0,
    enabled,
    refetchInterval: ({ state }) => askAgainMs(state.data ?? NONE, Date.now() - moved.current.at),
  });
}

export function useIsByMail(ticket: Ticket): boolean {
  const inboxes = useInboxes();
  return isByMail(
    ticket,
    inboxes.find(({ id }) => id === ticket.inbox_id),
  );
}

/** The mails of a ticket by what was said, and how asking for them went. */
export function useMailOf(ticket: Ticket) {
  const answer = useMails(ticket);
  const { data = NONE } = answer;
  return { answer, mails: useMemo(() => mailsByInteraction(data), [data]) };
}

/** Between the name and the words of a mail that came: to whom it went, and what marks it. */
export function MailHead({ mail, ticket }: { mail: MailInfo; ticket: Ticket }) {
  const t = useWords();
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const { data: customer } = useCustomer(ticket.customer_id);
  const known = customer ? emailsOf(customer) : [];
  return (
    <div className="mail-head">
      <div className="mail-line">
        <button
          type="button"
          className="mail-people"
          aria-expanded={isOpen}
          aria-controls={id}
          title={t("mail_facts")}
          onClick={() => setOpen(!isOpen)}
        >
          <span>
            <Recipients mail={mail} />
          </span>
          <ChevronDown aria-hidden />
        </button>
        {badgesOf(mail, known).map((kind) => (
          <Badge key={kind} kind={kind} mail={mail} />
        ))}
      </div>
      {mail.forged && <Forged mail={mail} />}
      <div id={id} hidden={!isOpen}>
        {isOpen && <MailFacts mail={mail} />}
      </div>
    </div>
  );
}

function Recipients({ mail }: { mail: MailInfo }) {
  const t = useWords();
  const said = (people: MailInfo["to"]) => {
    const { names, more } = briefly(people, 3);
    return more ? t("mail_and_more", { names, count: more }) : names;
  };
  const to = mail.to.length ? t("mail_to_names", { names: said(mail.to) }) : t("mail_to_nobody");
  return mail.cc.length ? `${to} · ${t("mail_cc_names", { names: said(mail.cc) })}` : to;
}

const BADGES: Record<BadgeKind, { icon: LucideIcon; tone?: "danger" | "warning" }> = {
  forged: { icon: ShieldAlert, tone: "danger" },
  bounce: { icon: Ban, tone: "danger" },
  auto_reply: { icon: Bot },
  list: { icon: List },
  other_sender: { icon: UserRound, tone: "warning" },
  defects: { icon: FileWarning, tone: "warning" },
};

function Badge({ kind, mail }: { kind: BadgeKind; mail: MailInfo }) {
  const t = useWords();
  const { icon: Icon, tone } = BADGES[kind];
  return (
    <span
      className={tone ? `mark mail-mark mark-${tone}` : "mark mail-mark"}
      title={t(`badge_${kind}_hint`, { sender: personFull(mail.from) })}
    >
      <Icon aria-hidden />
      {t(`badge_${kind}`)}
    </span>
  );
}

/** The one thing that an agent must not overlook. */
function Forged({ mail }: { mail: MailInfo }) {
  const t = useWords();
  const found = findingsOf(mail).filter(({ outcome }) => outcome === "bad");
  return (
    <div className="mail-warning" role="note">
      <ShieldAlert aria-hidden />
      <div>
        <p>
          <b>{t("forged_title", { sender: mail.from.email })}</b>
        </p>
        <p>{[t("forged_text"), ...found.map(({ word }) => t(word))].join(" ")}</p>
      </div>
    </div>
  );
}

const OUTCOMES: Record<Finding["outcome"], LucideIcon> = {
  good: CircleCheck,
  bad: CircleAlert,
  unknown: CircleMinus,
};

function MailFacts({ mail }: { mail: MailInfo }) {
  const t = useWords();
  const findings = findingsOf(mail);
  return (
    <div className="mail-facts">
      <dl className="facts">
        <PeopleFact label={t("mail_from")} people={[mail.from]} />
        <PeopleFact label={t("mail_to")} people={mail.to} />
        {mail.cc.length > 0 && <PeopleFact label={t("mail_cc")} people={mail.cc} />}
        {mail.date && (
          <>
            <dt>{t("mail_date")}</dt>
            <dd>{formatMoment(mail.date, t.locale)}</dd>
          </>
        )}
        {findings.length > 0 && (
          <>
            <dt>{t("mail_sender_is")}</dt>
            <dd>
              <ul className="findings">
                {findings.map(({ what, outcome, word }) => {
                  const Icon = OUTCOMES[outcome];
                  return (
                    <li key={what} data-outcome={outcome}>
                      <Icon aria-hidden />
                      {t(word)}
                    </li>
                  );
                })}
              </ul>
              {mail.authentication.source === "relay" && <small>{t("found_by_relay")}</small>}
            </dd>
          </>
        )}
      </dl>
      {mail.defects.length > 0 && (
        <section className="mail-defects">
          <h4>{t("mail_defects")}</h4>
          <ul>
            {mail.defects.map((defect) => (
              <li key={defect}>{defect}</li>
            ))}
          </ul>
        </section>
      )}
      {mail.raw_url && <Original url={mail.raw_url} />}
    </div>
  );
}

function PeopleFact({ label, people }: { label: string; people: MailInfo["to"] }) {
  const t = useWords();
  const said = [...new Set(people.map(personFull).filter(Boolean))];
  return (
    <>
      <dt>{label}</dt>
      <dd>{said.length ? said.map((one) => <div key={one}>{one}</div>) : t("mail_nobody")}</dd>
    </>
  );
}

/** The bytes as they came. */
export function Original({ url }: { url: string }) {
  const t = useWords();
  return (
    <a href={url} download className="quiet-link">
      <Download aria-hidden /> {t("download_original")}
    </a>
  );
}

/** Over a mail that names pictures which lie elsewhere: nothing is fetched until somebody asks. */
export function RemoteImages({ interaction }: { interaction: Interaction }) {
  const t = useWords();
  const { id, ticket_id, content_html } = interaction;
  const count = useMemo(() => remoteImages(content_html ?? "").length, [content_html]);
  const areShown = useStore(openedStore, ({ images }) => images.has(id));
  const [isAsking, setAsking] = useState(false);
  if (!count || areShown) return null;
  const show = () => {
    setAsking(true);
    void showImages(ticket_id, id).finally(() => setAsking(false));
  };
  return (
    <div className="remote-images">
      <ImageOff aria-hidden />
      <span title={t("images_why")}>{t("images_held", { count })}</span>
      <Button look="ghost" disabled={isAsking} onClick={show}>
        {t("images_show")}
      </Button>
    </div>
  );
}

/** Under a reply: whether it has left, and when not, why. */
export function SentState({ mail }: { mail: MailInfo }) {
  const t = useWords();
  const me = useMe();
  const [isAsking, setAsking] = useState(false);
  if (mail.state !== "failed")
    return (
      <footer className="said-state" title={mail.to.map(personFull).join(", ")}>
        {mail.state === "sent" ? t("mail_sent") : queuedWords(t, mail)}
      </footer>
    );
  const again = () => {
    setAsking(true);
    void sendAgain(mail).finally(() => setAsking(false));
  };
  return (
    <div className="said-failed" role="alert">
      <CircleAlert aria-hidden />
      <span>{t("mail_failed", { why: mail.error ?? t("problem_unknown") })}</span>
      {mayAnswer(me) && (
        <Button look="ghost" disabled={isAsking} onClick={again}>
          {t("send_again")}
        </Button>
      )}
    </div>
  );
}

function queuedWords(t: ReturnType<typeof useWords>, { attempts, error }: MailInfo): string {
  return attempts > 0 && error ? t("mail_tried", { why: error }) : t("mail_queued");
}
