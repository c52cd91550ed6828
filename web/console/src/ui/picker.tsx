/** A button that opens a searchable list to choose from: status, priority, people, tags, filters.
 * The field is a combobox over a listbox (WAI-ARIA), so it works without a mouse. */
import { Popover } from "@base-ui/react/popover";
import { Check, Plus } from "lucide-react";
import {
  type KeyboardEvent,
  type ReactElement,
  type ReactNode,
  useId,
  useRef,
  useState,
} from "react";
import { moved, type Option as Offered, offered } from "./picker_model";

export interface Option<V extends string = string> extends Offered<V> {
  icon?: ReactNode;
  hint?: string;
}

interface Props<V extends string> {
  /** What is being chosen; the placeholder of the search field and the name of the list. */
  label: string;
  options: readonly Option<V>[];
  chosen: readonly V[];
  onChoose: (value: V) => void;
  /** Stays open, to choose more than one. */
  isMultiple?: boolean;
  /** Offers to make what was typed and is not in the list. */
  onCreate?: (text: string) => void;
  createLabel?: (text: string) => string;
  emptyText: string;
  trigger: ReactElement;
  align?: "start" | "end" | "center";
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
}

export function Picker<V extends string>(props: Props<V>) {
  const [isOwnOpen, setOwnOpen] = useState(false);
  const open = props.open ?? isOwnOpen;
  const setOpen = (next: boolean) => {
    setOwnOpen(next);
    props.onOpenChange?.(next);
  };
  const field = useRef<HTMLInputElement>(null);
  return (
    <Popover.Root open={open} onOpenChange={setOpen}>
      <Popover.Trigger render={props.trigger} />
      <Popover.Portal>
        <Popover.Positioner className="popper" sideOffset={6} align={props.align ?? "start"}>
          <Popover.Popup className="picker" initialFocus={field} aria-label={props.label}>
            <Choices {...props} field={field} onDone={() => setOpen(false)} />
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

type ChoicesProps<V extends string> = Props<V> & {
  field: React.RefObject<HTMLInputElement | null>;
  onDone: () => void;
};

function Choices<V extends string>({ field, onDone, ...props }: ChoicesProps<V>) {
  const [typed, setTyped] = useState("");
  const [cursor, setCursor] = useState(0);
  const id = useId();
  const found = offered(props.options, typed);
  const text = typed.trim();
  const isNew = props.onCreate && text && !props.options.some((option) => option.label === text);
  const count = found.length + (isNew ? 1 : 0);
  const take = (at: number) => {
    const option = found[at];
    if (option) props.onChoose(option.value);
    else if (isNew) props.onCreate?.(text);
    else return;
    setTyped("");
    if (!props.isMultiple) onDone();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") take(cursor);
    else if (!event.key.startsWith("Arrow") && event.key !== "Home" && event.key !== "End") return;
    event.preventDefault();
    setCursor(moved(cursor, count, event.key));
  };
  return (
    <>
      <input
        ref={field}
        className="picker-field"
        role="combobox"
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={count ? `${id}-${cursor}` : undefined}
        aria-label={props.label}
        placeholder={props.label}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          setCursor(0);
        }}
        onKeyDown={onKeyDown}
      />
      <div
        id={id}
        role="listbox"
        tabIndex={-1}
        aria-label={props.label}
        aria-multiselectable={props.isMultiple ?? false}
        className="picker-list"
      >
        {found.map((option, at) => (
          <Choice
            key={option.value}
            id={`${id}-${at}`}
            option={option}
            isChosen={props.chosen.includes(option.value)}
            isCurrent={at === cursor}
            onPoint={() => setCursor(at)}
            onTake={() => take(at)}
          />
        ))}
        {isNew && (
          <Choice
            id={`${id}-${found.length}`}
            option={{ value: text, label: props.createLabel?.(text) ?? text, icon: <Plus /> }}
            isChosen={false}
            isCurrent={cursor === found.length}
            onPoint={() => setCursor(found.length)}
            onTake={() => take(found.length)}
          />
        )}
      </div>
      {count === 0 && <p className="picker-empty">{props.emptyText}</p>}
    </>
  );
}

interface ChoiceProps {
  id: string;
  option: Option;
  isChosen: boolean;
  isCurrent: boolean;
  onPoint: () => void;
  onTake: () => void;
}

function Choice({ id, option, isChosen, isCurrent, onPoint, onTake }: ChoiceProps) {
  const keepInView = (node: HTMLDivElement | null) => {
    if (isCurrent) node?.scrollIntoView({ block: "nearest" });
  };
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the field keeps the focus and names this one
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field takes the keys
    <div
      ref={keepInView}
      id={id}
      role="option"
      aria-selected={isChosen}
      className="picker-option"
      data-current={isCurrent || undefined}
      onPointerMove={isCurrent ? undefined : onPoint}
      onClick={onTake}
    >
      {option.icon && <span className="picker-icon">{option.icon}</span>}
      <span className="picker-label">{option.label}</span>
      {option.hint && <span className="picker-hint">{option.hint}</span>}
      {isChosen && <Check className="picker-check" aria-hidden />}
    </div>
  );
}
