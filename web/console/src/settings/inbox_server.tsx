/** A mail server of an inbox: where it is, how one signs in, and whether that works. */
import type { MailServer, Trial } from "@parley/shared/resources";
import { CircleCheck, CircleX, PlugZap } from "lucide-react";
import { type ReactNode, useState } from "react";
import { describe, fieldProblem } from "../problem";
import { Alert, Button, Select, TextField } from "../ui/parts";
import { useWords } from "../words/view";
import { isStep } from "./trial_model";

interface ServerProps {
  server: MailServer;
  path: string;
  failure: unknown;
  onChange: (part: Partial<MailServer>) => void;
  /** In the place of the password. */
  children?: ReactNode;
}

const SECURITIES = ["tls", "starttls", "none"] as const;

export function ServerFields({ server, path, failure, onChange, children }: ServerProps) {
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
        {children ?? (
          <TextField
            label={t("password")}
            type="password"
            autoComplete="new-password"
            hint={t("password_kept")}
            value={server.password ?? ""}
            problem={problem("password")}
            onText={(password) => onChange({ password })}
          />
        )}
      </div>
    </>
  );
}

interface TestProps {
  hint: string;
  /** Saves what is typed, and tries it. */
  onTest: () => Promise<Trial>;
}

type Tested = { phase: "idle" | "busy" } | { phase: "done"; trial: Trial } | Failed;
type Failed = { phase: "failed"; failure: unknown };

export function ConnectionTest({ hint, onTest }: TestProps) {
  const t = useWords();
  const [tested, setTested] = useState<Tested>({ phase: "idle" });
  const isBusy = tested.phase === "busy";
  const test = () => {
    setTested({ phase: "busy" });
    onTest().then(
      (trial) => setTested({ phase: "done", trial }),
      (failure: unknown) => setTested({ phase: "failed", failure }),
    );
  };
  return (
    <div className="trial">
      <div className="inline-action">
        <span>{hint}</span>
        <Button disabled={isBusy} onClick={test}>
          <PlugZap aria-hidden /> {t(isBusy ? "trial_runs" : "trial_start")}
        </Button>
      </div>
      <div aria-live="polite">
        {tested.phase === "failed" && <Alert>{describe(tested.failure)}</Alert>}
        {tested.phase === "done" && <Steps trial={tested.trial} />}
      </div>
    </div>
  );
}

function Steps({ trial }: { trial: Trial }) {
  const t = useWords();
  return (
    <ol className="trial-steps">
      {trial.steps.map(({ name, ok, detail }, at) => (
        // Steps never move.
        <li key={at} data-ok={ok}>
          {ok ? (
            <CircleCheck aria-label={t("trial_ok")} />
          ) : (
            <CircleX aria-label={t("trial_bad")} />
          )}
          <b>{isStep(name) ? t(`trial_${name}`) : name}</b>
          <span>{detail}</span>
        </li>
      ))}
    </ol>
  );
}
