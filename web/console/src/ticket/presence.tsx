/** Who else is at the ticket, and who is typing what. */
import type { Member } from "@parley/shared/frames";
import type { Typist } from "@parley/shared/live/typing";
import { Avatar } from "../ui/parts";
import { useWords } from "../words/view";

/** The faces of the others, the customer with a mark of their own. */
interface OthersProps {
  members: readonly Member[];
  meId: string;
  /** What the ticket's customer is called. */
  customer: string;
}

export function Others({ members, meId, customer }: OthersProps) {
  const t = useWords();
  const others = members.flatMap(({ id, name, type }) =>
    id === null || id === meId ? [] : [{ id, name: name || customer, type }],
  );
  if (!others.length) return null;
  return (
    <ul className="others" aria-label={t("here_now")}>
      {others.map(({ id, name, type }) => (
        <li
          key={id}
          title={t(type === "customer" ? "customer_is_here" : "agent_is_here", { name })}
          data-type={type}
        >
          <Avatar id={id} name={name} size="s" />
          <span className="sr-only">
            {t(type === "customer" ? "customer_is_here" : "agent_is_here", { name })}
          </span>
        </li>
      ))}
    </ul>
  );
}

/** A visitor's text before it is sent stands as a pale bubble of its own. */
interface TypingProps {
  typing: readonly Typist[];
  meId: string;
  customer: string;
}

export function TypingLine({ typing, meId, customer }: TypingProps) {
  const t = useWords();
  return typing
    .filter(({ who }) => who.id !== meId)
    .map(({ who, text }) => (
      <div key={who.id ?? who.name} className="typing" data-by={who.type} aria-live="off">
        <span className="typing-dots" aria-hidden>
          <i />
          <i />
          <i />
        </span>
        <span className="typing-who">{t("is_typing", { name: who.name || customer })}</span>
        {text && <p className="typing-text">{text}</p>}
      </div>
    ));
}
