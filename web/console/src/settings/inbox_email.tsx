/** An email inbox: its signature, the relay it sends by and the mailbox it is fetched from. */
import type { MailServer } from "@parley/shared/resources";
import { fieldProblem } from "../problem";
import { Check, Select, TextArea, TextField } from "../ui/parts";
import { useWords } from "../words/view";
import { type ChannelProps, DEFAULT_IMAP, DEFAULT_SMTP } from "./inbox_model";

export function EmailFields({ settings, onChange, failure }: ChannelProps) {
  const t = useWords();
  const { smtp, imap } = settings;
  return (
    <>
      <TextArea
        label={t("signature")}
        rows={3}
        value={settings.signature}
        onText={(signature) => onChange({ signature })}
      />
      <fieldset className="form-group">
        <Check
          label={t("smtp")}
          hint={t("smtp_hint")}
          checked={smtp !== null}
          onChecked={(on) => onChange({ smtp: on ? DEFAULT_SMTP : null })}
        />
        {smtp && (
          <ServerFields
            server={smtp}
            path="settings/smtp"
            failure={failure}
            onChange={(part) => onChange({ smtp: { ...smtp, ...part } })}
          />
        )}
      </fieldset>
      <fieldset className="form-group">
        <Check
          label={t("imap")}
          hint={t("imap_hint")}
          checked={imap !== null}
          onChecked={(on) => onChange({ imap: on ? DEFAULT_IMAP : null })}
        />
        {imap && (
          <>
            <ServerFields
              server={imap}
              path="settings/imap"
              failure={failure}
              onChange={(part) => onChange({ imap: { ...imap, ...part } })}
            />
            <TextField
              label={t("folder")}
              required
              value={imap.folder}
              onText={(folder) => onChange({ imap: { ...imap, folder } })}
            />
          </>
        )}
      </fieldset>
    </>
  );
}

interface ServerProps {
  server: MailServer;
  path: string;
  failure: unknown;
  onChange: (part: Partial<MailServer>) => void;
}

const SECURITIES = ["tls", "starttls", "none"] as const;

function ServerFields({ server, path, failure, onChange }: ServerProps) {
  const t = useWords();
  const problem = (field: string) => fieldProblem(failure, `${path}/${field}`);
  return (
    <>
      <div className="form-triple">
        <TextField
          label={t("host")}
          required
          value={server.host}
          problem={problem("host")}
          onText={(host) => onChange({ host })}
        />
        <TextField
          label={t("port")}
          type="number"
          min={1}
          max={65535}
          required
          value={server.port}
          problem={problem("port")}
          onText={(port) => onChange({ port: Number(port) })}
        />
        <Select<MailServer["security"]>
          label={t("security")}
          value={server.security}
          options={SECURITIES.map((value) => ({ value, label: t(`security_${value}`) }))}
          onValue={(security) => onChange({ security })}
        />
      </div>
      <div className="form-pair">
        <TextField
          label={t("username")}
          autoComplete="off"
          value={server.username}
          problem={problem("username")}
          onText={(username) => onChange({ username })}
        />
        <TextField
          label={t("password")}
          type="password"
          autoComplete="new-password"
          hint={t("password_kept")}
          value={server.password ?? ""}
          problem={problem("password")}
          onText={(password) => onChange({ password })}
        />
      </div>
    </>
  );
}
