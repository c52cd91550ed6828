/** The relay that an inbox's mail leaves by, and how one signs in there. */
import type { ImapServer, RelayServer, Trial } from "@parley/shared/resources";
import { fieldProblem } from "../problem";
import { Alert, Select } from "../ui/parts";
import { useWords } from "../words/view";
import { type AnySettings, signInBy } from "./inbox_model";
import { ConnectionTest, ServerFields } from "./inbox_server";

interface Props {
  smtp: RelayServer;
  imap: ImapServer | null;
  failure: unknown;
  onChange: (part: Partial<AnySettings>) => void;
  onTest: (() => Promise<Trial>) | null;
}

export function RelayFields({ smtp, imap, failure, onChange, onTest }: Props) {
  const t = useWords();
  const isToken = smtp.auth === "xoauth2";
  const problem = fieldProblem(failure, "settings/smtp/auth");
  return (
    <>
      {(isToken || imap?.auth === "xoauth2") && (
        <Select<RelayServer["auth"]>
          label={t("smtp_auth")}
          hint={t("smtp_auth_hint")}
          value={smtp.auth}
          options={(["password", "xoauth2"] as const).map((value) => ({
            value,
            label: t(`smtp_auth_${value}`),
          }))}
          onValue={(auth) => onChange(signInBy(auth, smtp, imap))}
        />
      )}
      {problem && <Alert>{problem}</Alert>}
      <ServerFields
        server={smtp}
        path="settings/smtp"
        failure={failure}
        onChange={(part) => onChange({ smtp: { ...smtp, ...part } })}
      >
        {isToken ? <span /> : null}
      </ServerFields>
      {onTest && <ConnectionTest hint={t("trial_smtp_hint")} onTest={onTest} />}
    </>
  );
}
