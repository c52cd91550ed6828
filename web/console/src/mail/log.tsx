/** Every mail of a ticket, received and sent, with its state and its time: beside the ticket. */
import type { MailInfo, Ticket } from "@parley/shared/resources";
import { CircleAlert, Download, type LucideIcon, MailCheck, MailOpen, Send } from "lucide-react";
import { Fragment } from "react";
import { Age, formatMoment } from "../ui/time";
import { useWords } from "../words/view";
import { personName } from "./model";
import { useMails } from "./view";

const ICONS: Record<MailInfo["state"], LucideIcon> = {
  received: MailOpen,
  done: MailOpen,
  parked: CircleAlert,
  queued: Send,
  sent: MailCheck,
  failed: CircleAlert,
};

export function MailLog({ ticket }: { ticket: Ticket }) {
  const t = useWords();
  const { data: mails = [] } = useMails(ticket);
  if (!mails.length) return null;
  return (
    <section className="aside-section">
      <h3>{t("mail_log")}</h3>
      <ol className="mail-log">
        {mails.map((mail) => (
          <Entry key={`${mail.direction}-${mail.id}`} mail={mail} />
        ))}
      </ol>
    </section>
  );
}

function Entry({ mail }: { mail: MailInfo }) {
  const t = useWords();
  const Icon = ICONS[mail.state];
  const isIn = mail.direction === "in";
  const names = (isIn ? [mail.from] : [...mail.to, ...mail.cc]).map(personName).filter(Boolean);
  const who = names.join(", ") || t("mail_nobody");
  return (
    <li data-state={mail.state}>
      <Icon aria-hidden />
      <b title={who}>{t(isIn ? "mail_from_whom" : "mail_to_whom", { who })}</b>
      <small title={formatMoment(mail.at, t.locale)}>
        {t(`mail_state_${mail.state}`)} · <Age at={mail.at} />
        {mail.error && <Fragment> · {mail.error}</Fragment>}
      </small>
      {mail.raw_url && (
        <a
          href={mail.raw_url}
          download
          className="icon-button"
          aria-label={t("download_original")}
          title={t("download_original")}
        >
          <Download />
        </a>
      )}
    </li>
  );
}
