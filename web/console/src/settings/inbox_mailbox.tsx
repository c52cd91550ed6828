/** The mailbox that an inbox fetches: how one signs in, which folders, and what happens there after. */
import type { ImapServer, MailOAuth, Trial } from "@parley/shared/resources";
import { useState } from "react";
import { fieldProblem } from "../problem";
import { Select, TextArea, TextField } from "../ui/parts";
import { useWords } from "../words/view";
import { ConsentRow } from "./inbox_consent";
import { OAUTH, PROVIDERS, type Provider, parseFolders, providerOf } from "./inbox_model";
import { ConnectionTest, ServerFields } from "./inbox_server";

interface Props {
  imap: ImapServer;
  failure: unknown;
  onChange: (part: Partial<ImapServer>) => void;
  onTest: (() => Promise<Trial>) | null;
  /** Saves what is typed, and goes to the provider; null while there is nothing saved. */
  onConnect: (() => Promise<void>) | null;
}

export function MailboxFields({ imap, failure, onChange, onTest, onConnect }: Props) {
  const t = useWords();
  const isToken = imap.auth === "xoauth2";
  const oauth = imap.oauth ?? { ...OAUTH.google, client_id: "" };
  const signIn = (auth: ImapServer["auth"]) =>
    onChange({ auth, oauth: auth === "xoauth2" ? oauth : null });
  return (
    <>
      <Select<ImapServer["auth"]>
        label={t("imap_auth")}
        value={imap.auth}
        options={(["password", "xoauth2"] as const).map((value) => ({
          value,
          label: t(`imap_auth_${value}`),
        }))}
        onValue={signIn}
      />
      <ServerFields server={imap} path="settings/imap" failure={failure} onChange={onChange}>
        {isToken ? (
          <ProviderField oauth={oauth} onChange={(next) => onChange({ oauth: next })} />
        ) : null}
      </ServerFields>
      {isToken && (
        <TokenFields
          oauth={oauth}
          failure={failure}
          onChange={(next) => onChange({ oauth: next })}
        />
      )}
      {isToken && oauth.authorize_url && <ConsentRow onConnect={onConnect} />}
      <FolderField imap={imap} failure={failure} onChange={onChange} />
      <AfterImport imap={imap} failure={failure} onChange={onChange} />
      {onTest && <ConnectionTest hint={t("trial_imap_hint")} onTest={onTest} />}
    </>
  );
}

interface OAuthProps {
  oauth: MailOAuth;
  onChange: (oauth: MailOAuth) => void;
}

function ProviderField({ oauth, onChange }: OAuthProps) {
  const t = useWords();
  return (
    <Select<Provider>
      label={t("oauth_provider")}
      value={providerOf(oauth)}
      options={PROVIDERS.map((value) => ({ value, label: t(`oauth_${value}`) }))}
      onValue={(provider) => onChange({ ...oauth, ...OAUTH[provider] })}
    />
  );
}

function TokenFields({ oauth, failure, onChange }: OAuthProps & { failure: unknown }) {
  const t = useWords();
  const field = (name: keyof MailOAuth) => ({
    label: t(`oauth_${name}`),
    value: oauth[name] ?? "",
    problem: fieldProblem(failure, `settings/imap/oauth/${name}`),
    onText: (text: string) => onChange({ ...oauth, [name]: text }),
  });
  const secret = { type: "password", autoComplete: "new-password", hint: t("password_kept") };
  return (
    <>
      {providerOf(oauth) === "custom" && (
        <>
          <div className="form-pair">
            <TextField {...field("token_url")} type="url" required />
            <TextField {...field("authorize_url")} type="url" />
          </div>
          <TextField {...field("scope")} />
        </>
      )}
      <TextField {...field("client_id")} required autoComplete="off" />
      <div className="form-pair">
        <TextField {...field("client_secret")} {...secret} />
        <TextField {...field("refresh_token")} {...secret} />
      </div>
    </>
  );
}

type PartProps = Omit<Props, "onTest" | "onConnect">;

function FolderField({ imap, failure, onChange }: PartProps) {
  const t = useWords();
  const [text, setText] = useState([imap.folder, ...imap.folders].join("\n"));
  return (
    <TextArea
      label={t("folders")}
      hint={t("folders_hint")}
      rows={2}
      required
      value={text}
      problem={
        fieldProblem(failure, "settings/imap/folder") ??
        fieldProblem(failure, "settings/imap/folders")
      }
      onText={(next) => {
        setText(next);
        onChange(parseFolders(next));
      }}
    />
  );
}

const FLAGS = ["", "\\Seen", "\\Flagged"];

function AfterImport({ imap, failure, onChange }: PartProps) {
  const t = useWords();
  const now = imap.after_import ?? { move_to: null, flag: null };
  const flag = now.flag ?? "";
  const names: Record<string, string> = {
    "": t("after_flag_none"),
    "\\Seen": t("after_flag_seen"),
    "\\Flagged": t("after_flag_flagged"),
  };
  const flags = FLAGS.includes(flag) ? FLAGS : [...FLAGS, flag];
  return (
    <div className="form-pair">
      <TextField
        label={t("after_move")}
        hint={t("after_move_hint")}
        value={now.move_to ?? ""}
        problem={fieldProblem(failure, "settings/imap/after_import/move_to")}
        onText={(folder) => onChange({ after_import: { ...now, move_to: folder || null } })}
      />
      <Select
        label={t("after_flag")}
        value={flag}
        options={flags.map((value) => ({ value, label: names[value] ?? value }))}
        onValue={(next) => onChange({ after_import: { ...now, flag: next || null } })}
      />
    </div>
  );
}
