/** Text that becomes a field when it is pressed: Enter or leaving it saves, Escape does not. */
import { useState } from "react";

interface Props {
  value: string;
  label: string;
  placeholder?: string;
  className?: string;
  isFixed?: boolean;
  type?: "text" | "email";
  /** An empty text is kept back unless this is set. */
  mayBeEmpty?: boolean;
  onSave: (text: string) => void;
}

export function InlineText(props: Props) {
  const { value, label, placeholder = "", className = "", isFixed = false, type = "text" } = props;
  const [typed, setTyped] = useState<string | null>(null);
  if (isFixed) return <span className={`inline-text ${className}`}>{value || placeholder}</span>;
  if (typed === null)
    return (
      <button
        type="button"
        className={`inline-text ${className}`}
        data-empty={!value || undefined}
        title={value || label}
        onClick={() => setTyped(value)}
      >
        {value || placeholder}
        <span className="sr-only">, {label}</span>
      </button>
    );
  const finish = (text: string | null) => {
    setTyped(null);
    const next = text?.trim();
    if (next === undefined || next === value || (!next && !props.mayBeEmpty)) return;
    props.onSave(next);
  };
  return (
    <input
      className={`inline-text ${className}`}
      type={type}
      aria-label={label}
      placeholder={placeholder}
      value={typed}
      // biome-ignore lint/a11y/noAutofocus: the person has just pressed it
      autoFocus
      onChange={(event) => setTyped(event.target.value)}
      onBlur={(event) => finish(event.target.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape") finish(null);
      }}
    />
  );
}
