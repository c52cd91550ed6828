/** Small parts that every page uses: buttons, fields, avatars, notes for empty and failed. */
import { type ComponentProps, type ReactNode, useId } from "react";
import { useWords } from "../words/view";

type ButtonProps = ComponentProps<"button"> & { look?: "plain" | "primary" | "danger" | "ghost" };

export function Button({ look = "plain", className = "", type = "button", ...rest }: ButtonProps) {
  return <button type={type} className={`button button-${look} ${className}`} {...rest} />;
}

type IconButtonProps = Omit<ComponentProps<"button">, "aria-label"> & { label: string };

/** A button that is only an icon; its label is its name and its tooltip. */
export function IconButton({ label, className = "", type = "button", ...rest }: IconButtonProps) {
  return (
    <button
      type={type}
      className={`icon-button ${className}`}
      aria-label={label}
      title={label}
      {...rest}
    />
  );
}

interface FieldProps {
  label: string;
  hint?: string | undefined;
  problem?: string | undefined;
  children: (ids: { id: string; "aria-describedby": string | undefined }) => ReactNode;
}

/** A labelled control with its hint and its problem tied to it. */
export function Field({ label, hint, problem, children }: FieldProps) {
  const id = useId();
  const note = problem ?? hint;
  return (
    <div className="field" data-invalid={problem !== undefined || undefined}>
      <label htmlFor={id}>{label}</label>
      {children({ id, "aria-describedby": note ? `${id}-note` : undefined })}
      {note && (
        <p id={`${id}-note`} className={problem ? "field-problem" : "field-hint"}>
          {note}
        </p>
      )}
    </div>
  );
}

type InputProps = Omit<ComponentProps<"input">, "onChange"> & {
  label: string;
  hint?: string;
  problem?: string | undefined;
  onText: (text: string) => void;
};

export function TextField({ label, hint, problem, onText, ...rest }: InputProps) {
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(ids) => (
        <input
          {...ids}
          {...rest}
          aria-invalid={problem !== undefined}
          onChange={(event) => onText(event.target.value)}
        />
      )}
    </Field>
  );
}

type AreaProps = Omit<ComponentProps<"textarea">, "onChange"> & {
  label: string;
  hint?: string;
  problem?: string | undefined;
  onText: (text: string) => void;
};

export function TextArea({ label, hint, problem, onText, ...rest }: AreaProps) {
  return (
    <Field label={label} hint={hint} problem={problem}>
      {(ids) => <textarea {...ids} {...rest} onChange={(event) => onText(event.target.value)} />}
    </Field>
  );
}

interface SelectProps<V extends string> {
  label: string;
  value: V;
  options: readonly { value: V; label: string }[];
  onValue: (value: V) => void;
  hint?: string;
}

export function Select<V extends string>({ label, value, options, onValue, hint }: SelectProps<V>) {
  return (
    <Field label={label} hint={hint}>
      {(ids) => (
        <select {...ids} value={value} onChange={(event) => onValue(event.target.value as V)}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface CheckProps {
  label: string;
  hint?: string;
  checked: boolean;
  disabled?: boolean;
  onChecked: (checked: boolean) => void;
}

export function Check({ label, hint, checked, disabled = false, onChecked }: CheckProps) {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={(event) => onChecked(event.target.checked)}
      />
      <span>
        {label}
        {hint && <small>{hint}</small>}
      </span>
    </label>
  );
}

/** Initials on a colour that stays with the id; decoration beside a name. */
export function Avatar({
  id,
  name,
  size = "m",
}: {
  id: string;
  name: string;
  size?: "s" | "m" | "l";
}) {
  return (
    <span className={`avatar avatar-${size} hue-${hueOf(id)}`} aria-hidden>
      {initialsOf(name)}
    </span>
  );
}

export function hueOf(id: string): number {
  let sum = 0;
  for (const char of id) sum = (sum * 31 + char.charCodeAt(0)) % 997;
  return sum % 8;
}

export function initialsOf(name: string): string {
  const words = name.split(/[\s@._-]+/).filter((word) => /\p{L}|\p{N}/u.test(word));
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map(
    (word) => [...(word ?? "")][0] ?? "",
  );
  return letters.join("").toUpperCase() || "?";
}

export function Empty({
  icon,
  title,
  children,
}: {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
}) {
  return (
    <div className="empty">
      {icon && <span className="empty-icon">{icon}</span>}
      <p className="empty-title">{title}</p>
      {children}
    </div>
  );
}

interface AlertProps {
  children: ReactNode;
  /** Tries once more what has failed. */
  onAgain?: () => unknown;
}

/** A problem in place of what could not be shown or done. */
export function Alert({ children, onAgain }: AlertProps) {
  const t = useWords();
  return (
    <div className="alert" role="alert">
      <span>{children}</span>
      {onAgain && <Button onClick={() => void onAgain()}>{t("try_again")}</Button>}
    </div>
  );
}

export function Skeleton({ lines = 3 }: { lines?: number }) {
  return (
    <div className="skeleton" aria-hidden>
      {Array.from({ length: lines }, (_, at) => `line-${at}`).map((key) => (
        <span key={key} />
      ))}
    </div>
  );
}
