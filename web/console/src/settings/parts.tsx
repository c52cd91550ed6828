/** What every settings section is made of: a list with a way to add, a form in a window, and a
 * secret that is shown once. */
import { Check, Copy, Plus, RotateCw } from "lucide-react";
import { type FormEvent, type ReactNode, useState } from "react";
import { describe, fieldProblem, report } from "../problem";
import { Confirm, Dialog } from "../ui/dialog";
import { notify } from "../ui/notices";
import { Alert, Button, IconButton, TextField } from "../ui/parts";
import { useWords } from "../words/view";

/** How often that is asked for which moves on by itself: mailboxes, what was told, what is parked. */
export const FRESH_MS = 10_000;

interface SectionProps {
  title: string;
  hint?: string;
  action?: ReactNode;
  children: ReactNode;
}

export function Section({ title, hint, action, children }: SectionProps) {
  return (
    <section className="settings-section">
      <header className="settings-head">
        <div>
          <h2>{title}</h2>
          {hint && <p>{hint}</p>}
        </div>
        {action}
      </header>
      {children}
    </section>
  );
}

/** Beside a section's title: opens the form of a new one. */
export function AddButton({ label, onClick }: { label: string; onClick: () => void }) {
  return (
    <Button look="primary" onClick={onClick}>
      <Plus aria-hidden /> {label}
    </Button>
  );
}

interface FormProps {
  action: string;
  failure: unknown;
  onSubmit: () => Promise<unknown>;
  onFailure: (failure: unknown) => void;
  onCancel?: () => void;
  children: ReactNode;
}

/** Waits for its own submission, shows why it failed, and cannot be sent twice meanwhile. */
export function Form({ action, failure, onSubmit, onFailure, onCancel, children }: FormProps) {
  const t = useWords();
  const [isBusy, setBusy] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    event.stopPropagation();
    setBusy(true);
    onFailure(null);
    onSubmit()
      .catch(onFailure)
      .finally(() => setBusy(false));
  };
  return (
    <form className="form" onSubmit={submit}>
      {failure !== null && <Alert>{describe(failure)}</Alert>}
      {children}
      <div className="form-actions">
        {onCancel && <Button onClick={onCancel}>{t("cancel")}</Button>}
        <Button type="submit" look="primary" disabled={isBusy}>
          {action}
        </Button>
      </div>
    </form>
  );
}

interface NameProps {
  value: string;
  hint?: string;
  failure: unknown;
  onText: (name: string) => void;
}

/** What nearly everything in settings has first: a name, which may not be empty. */
export function NameField({ failure, ...rest }: NameProps) {
  const t = useWords();
  return <TextField label={t("name")} required problem={fieldProblem(failure, "name")} {...rest} />;
}

const ZONES = Intl.supportedValuesOf("timeZone");

interface ZoneProps extends NameProps {
  hint?: string;
}

/** A time zone by its name, those that the browser knows to choose from. */
export function ZoneField({ failure, ...rest }: ZoneProps) {
  const t = useWords();
  return (
    <>
      <TextField
        label={t("time_zone")}
        list="time-zones"
        required
        problem={fieldProblem(failure, "time_zone")}
        {...rest}
      />
      <datalist id="time-zones">
        {ZONES.map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}

export function CopyField({ label, value }: { label: string; value: string }) {
  const t = useWords();
  const [isCopied, setCopied] = useState(false);
  const copy = () => {
    navigator.clipboard.writeText(value).then(() => setCopied(true), report);
  };
  return (
    <div className="copy">
      <code>{value}</code>
      <IconButton label={isCopied ? t("copied") : `${t("copy")}: ${label}`} onClick={copy}>
        {isCopied ? <Check /> : <Copy />}
      </IconButton>
    </div>
  );
}

interface SecretProps {
  title: string;
  hint: string;
  secret: string;
  onClose: () => void;
}

/** A password or token that nobody can read again after this window is closed. */
export function SecretDialog({ title, hint, secret, onClose }: SecretProps) {
  const t = useWords();
  return (
    <Dialog title={title} onClose={onClose} size="s">
      <p>{hint}</p>
      <CopyField label={title} value={secret} />
      <div className="form-actions">
        <Button look="primary" onClick={onClose}>
          {t("done")}
        </Button>
      </div>
    </Dialog>
  );
}

interface AgainProps {
  onAgain: () => Promise<unknown>;
  /** What is said once it was asked for. */
  done: string;
  /** Instead of the offer, while it waits for its turn already. */
  waiting?: string | null;
}

/** Has something tried again that got stuck; not twice at once. */
export function AgainButton({ onAgain, done, waiting = null }: AgainProps) {
  const t = useWords();
  const [isBusy, setBusy] = useState(false);
  const again = () => {
    setBusy(true);
    onAgain()
      .then(() => notify(done), report)
      .finally(() => setBusy(false));
  };
  return (
    <Button disabled={isBusy || waiting !== null} onClick={again}>
      <RotateCw aria-hidden /> {waiting ?? t("try_again")}
    </Button>
  );
}

interface DeleteProps {
  name: string;
  onDelete: () => Promise<unknown>;
  label?: string;
  isQuiet?: boolean;
}

/** Asks first, then deletes; a refusal is shown in the corner. */
export function DeleteButton({ name, onDelete, label, isQuiet = false }: DeleteProps) {
  const t = useWords();
  const [isAsking, setAsking] = useState(false);
  const action = label ?? t("delete");
  return (
    <>
      <Button
        look={isQuiet ? "ghost" : "plain"}
        aria-label={`${action}: ${name}`}
        onClick={() => setAsking(true)}
      >
        {action}
      </Button>
      {isAsking && (
        <Confirm
          title={t("delete_sure_title", { name })}
          text={t("delete_sure")}
          action={action}
          onClose={() => setAsking(false)}
          onConfirm={() => {
            onDelete().then(() => notify(t("deleted")), report);
          }}
        />
      )}
    </>
  );
}

interface ChecksProps {
  label: string;
  options: readonly { id: string; name: string }[];
  chosen: readonly string[];
  onToggle: (id: string) => void;
}

/** Some of a few, each with its box. */
export function Checks({ label, options, chosen, onToggle }: ChecksProps) {
  const t = useWords();
  return (
    <fieldset className="checks">
      <legend>{label}</legend>
      <div className="checks-list">
        {!options.length && <p className="field-hint">{t("none_yet")}</p>}
        {options.map(({ id, name }) => (
          <label key={id} className="check">
            <input type="checkbox" checked={chosen.includes(id)} onChange={() => onToggle(id)} />
            <span>{name}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
