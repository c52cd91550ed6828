/** How mail fares: the mailboxes that are fetched, and mails that nobody could take in or deliver. */
import type { Mailbox, MailInfo } from "@parley/shared/resources";
import { useQuery } from "@tanstack/react-query";
import { CircleAlert, CircleCheck, Download } from "lucide-react";
import { personFull } from "../mail/model";
import { HOME_PLACE, ticketsRoute } from "../route/model";
import { Link } from "../route/view";
import { Asked } from "../ui/asked";
import { Growing } from "../ui/page";
import { Age, formatMoment } from "../ui/time";
import { useWords } from "../words/view";
import { listMailboxes, retryMail } from "./actions";
import { healthOf, shareFetched } from "./mail_model";
import { ParkedEvents } from "./parked";
import { AgainButton, FRESH_MS, Section } from "./parts";

export function MailSection() {
  const t = useWords();
  return (
    <>
      <Section title={t("mailboxes")} hint={t("mailboxes_hint")}>
        <Mailboxes />
      </Section>
      <Section title={t("mails_parked")} hint={t("mails_parked_hint")}>
        <Stuck state="parked" />
      </Section>
      <Section title={t("mails_failed")} hint={t("mails_failed_hint")}>
        <Stuck state="failed" />
      </Section>
      <ParkedEvents />
    </>
  );
}

function Mailboxes() {
  const t = useWords();
  const answer = useQuery({
    queryKey: ["mailboxes"],
    queryFn: listMailboxes,
    refetchInterval: FRESH_MS,
  });
  const { data } = answer;
  if (data?.length === 0) return <p className="field-hint">{t("mailboxes_none")}</p>;
  return (
    <>
      <Asked answer={answer} lines={2} />
      {data && (
        <ul className="card-list">
          {data.map((mailbox) => (
            <MailboxRow key={`${mailbox.inbox_id}/${mailbox.folder}`} mailbox={mailbox} />
          ))}
        </ul>
      )}
    </>
  );
}

function MailboxRow({ mailbox }: { mailbox: Mailbox }) {
  const t = useWords();
  const { inbox_id, inbox_name, address, folder, fetched, waiting, error, missing } = mailbox;
  const health = healthOf(mailbox);
  const share = shareFetched(mailbox);
  return (
    <li className="mailbox" data-health={health}>
      {health === "good" ? <CircleCheck aria-hidden /> : <CircleAlert aria-hidden />}
      <div className="mailbox-main">
        <p>
          <Link to={{ page: "settings", section: "inboxes", id: inbox_id }}>{inbox_name}</Link>{" "}
          <span>{[address, folder].filter(Boolean).join(" · ")}</span>
        </p>
        {error && <p className="mailbox-error">{error}</p>}
        {missing !== null && missing > 0 && (
          <p className="mailbox-error">{t("mailbox_missing", { count: missing })}</p>
        )}
        {share !== null && (
          <progress
            value={share}
            max={1}
            aria-label={t("mailbox_progress", { name: inbox_name })}
          />
        )}
        <p className="mailbox-figures">
          <span>{t("mailbox_fetched", { count: fetched })}</span>
          {waiting > 0 && <span>{t("mailbox_waiting", { count: waiting })}</span>}
          <span>
            {mailbox.last_seen_at ? (
              <>
                {t("mailbox_seen")} <Age at={mailbox.last_seen_at} />
              </>
            ) : (
              t("mailbox_never")
            )}
          </span>
          {mailbox.compared_at && (
            <span>
              {t("mailbox_compared", { time: formatMoment(mailbox.compared_at, t.locale) })}
            </span>
          )}
        </p>
      </div>
    </li>
  );
}

function Stuck({ state }: { state: "parked" | "failed" }) {
  const t = useWords();
  return (
    <Growing<MailInfo> path="/mails" queryKey={["mails"]} query={{ state }} everyMs={FRESH_MS}>
      {(mails) =>
        mails.length ? (
          <ul className="card-list">
            {mails.map((mail) => (
              <StuckMail key={`${mail.direction}-${mail.id}`} mail={mail} />
            ))}
          </ul>
        ) : (
          <p className="field-hint">{t(`mails_${state}_none`)}</p>
        )
      }
    </Growing>
  );
}

function StuckMail({ mail }: { mail: MailInfo }) {
  const t = useWords();
  const { direction, from, to, at, error, ticket_id, raw_url } = mail;
  const who = (direction === "in" ? [from] : to).map(personFull).filter(Boolean).join(", ");
  return (
    <li className="stuck">
      <div className="mailbox-main">
        <p>
          <b>
            {t(direction === "in" ? "mail_from_whom" : "mail_to_whom", {
              who: who || t("mail_nobody"),
            })}
          </b>{" "}
          <span>
            <Age at={at} />
          </span>
        </p>
        <p className="mailbox-error">{error ?? t("problem_unknown")}</p>
      </div>
      <div className="stuck-actions">
        {ticket_id && (
          <Link to={ticketsRoute(ticket_id, HOME_PLACE)} className="button button-ghost">
            {t("mail_ticket")}
          </Link>
        )}
        {raw_url && (
          <a href={raw_url} download className="button button-ghost">
            <Download aria-hidden /> {t("mail_download")}
          </a>
        )}
        <AgainButton onAgain={() => retryMail(mail.id)} done={t("mail_retried")} />
      </div>
    </li>
  );
}
