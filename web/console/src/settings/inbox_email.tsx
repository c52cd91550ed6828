/** An email inbox: how mail comes in, what it does there, and how answers leave. */
import type { EmailSettings, Inbox, Trial } from "@parley/shared/resources";
import { useQuery } from "@tanstack/react-query";
import { fieldProblem } from "../problem";
import { Alert, Check, Select, TextArea, TextField } from "../ui/parts";
import { useWords } from "../words/view";
import { fetchDeskRelay } from "./actions";
import { MailboxFields } from "./inbox_mailbox";
import { type ChannelProps, DEFAULT_IMAP, DEFAULT_SMTP } from "./inbox_model";
import { RelayFields } from "./inbox_relay";
import { DkimFields, WordingFields } from "./inbox_sending";

interface Props extends ChannelProps {
  address: string;
  inbox: Inbox | null;
  /** Saves what is typed, and tries it; null while there is nothing saved to try. */
  onTest: ((what: "imap" | "smtp") => Promise<Trial>) | null;
  /** Saves what is typed, and goes to the provider for its consent. */
  onConnect: (() => Promise<void>) | null;
}

export function EmailFields(props: Props) {
  const t = useWords();
  const { settings, onChange, failure, address, inbox, onTest } = props;
  const { data: relay } = useQuery({ queryKey: ["mail-relay"], queryFn: fetchDeskRelay });
  const saved = inbox?.channel === "email" ? (inbox.settings.dkim ?? null) : null;
  return (
    <>
      <h3 className="form-title">{t("mail_in")}</h3>
      <Mailbox {...props} />
      <Check
        label={t("catch_all")}
        hint={t("catch_all_hint", { domain: address.split("@")[1] || "…" })}
        checked={settings.catch_all}
        onChecked={(catch_all) => onChange({ catch_all })}
      />
      <TextField
        label={t("authserv_id")}
        hint={t("authserv_id_hint")}
        placeholder="mx.example.com"
        value={settings.authserv_id}
        problem={fieldProblem(failure, "settings/authserv_id")}
        onText={(authserv_id) => onChange({ authserv_id })}
      />
      <Select<EmailSettings["closed_reply"]>
        label={t("closed_reply")}
        value={settings.closed_reply}
        options={(["new", "reopen"] as const).map((value) => ({
          value,
          label: t(`closed_reply_${value}`),
        }))}
        onValue={(closed_reply) => onChange({ closed_reply })}
      />
      <AutoReply settings={settings} onChange={onChange} failure={failure} />
      <h3 className="form-title">{t("mail_out")}</h3>
      <fieldset className="form-group">
        <Check
          label={t("smtp")}
          hint={relay?.host ? t("desk_relay_is", { host: relay.host }) : t("smtp_hint")}
          checked={settings.smtp !== null}
          onChecked={(on) => onChange({ smtp: on ? DEFAULT_SMTP : null })}
        />
        {!settings.smtp && relay?.host === null && <Alert>{t("desk_relay_none")}</Alert>}
        {settings.smtp && (
          <RelayFields
            smtp={settings.smtp}
            imap={settings.imap}
            failure={failure}
            onChange={onChange}
            onTest={onTest && (() => onTest("smtp"))}
          />
        )}
      </fieldset>
      <WordingFields settings={settings} onChange={onChange} failure={failure} />
      <DkimFields
        settings={settings}
        onChange={onChange}
        failure={failure}
        address={address}
        saved={saved}
      />
    </>
  );
}

function Mailbox({ settings, onChange, failure, onTest, onConnect }: Props) {
  const t = useWords();
  const { imap } = settings;
  return (
    <fieldset className="form-group">
      <Check
        label={t("imap")}
        hint={t("imap_hint")}
        checked={imap !== null}
        onChecked={(on) => onChange({ imap: on ? DEFAULT_IMAP : null })}
      />
      {imap && (
        <MailboxFields
          imap={imap}
          failure={failure}
          onChange={(part) => onChange({ imap: { ...imap, ...part } })}
          onTest={onTest && (() => onTest("imap"))}
          onConnect={onConnect}
        />
      )}
    </fieldset>
  );
}

function AutoReply({ settings, onChange, failure }: ChannelProps) {
  const t = useWords();
  const now = settings.auto_reply ?? { enabled: false, text: "" };
  return (
    <fieldset className="form-group">
      <Check
        label={t("auto_reply")}
        hint={t("auto_reply_hint")}
        checked={now.enabled}
        onChecked={(enabled) => onChange({ auto_reply: { ...now, enabled } })}
      />
      {now.enabled && (
        <TextArea
          label={t("auto_reply_text")}
          rows={4}
          required
          value={now.text}
          problem={fieldProblem(failure, "settings/auto_reply/text")}
          onText={(text) => onChange({ auto_reply: { ...now, text } })}
        />
      )}
    </fieldset>
  );
}
