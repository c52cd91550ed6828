/** Who else is at the ticket, and who is typing what. */
import type { Member } from "@parley/shared/frames";
import type { Typist } from "@parley/shared/live/typing";
import { Avatar } from "../ui/parts";
import { useWords } from "../words/view";

/** The faces of the others, the customer with a mark of their own. */
interface OthersProps {
  members: readonly Member[];
  /** How many are here, of whom `members` may be some. */
  total: number;
  meId: string;
  /** What the ticket's customer is called. */
  customer: string;
}

const MAX_FACES = 6;

export function Others({ members, total, meId, customer }: OthersProps) {
  const t = useWords();
  const others = members.flatMap(({ id, name, type }) =>
    id === null || id === meId ? [] : [{ id, name: name || customer, type }],
  );
  if (!others.length) return null;
  const shown = others.slice(0, MAX_FACES);
  const isMeCounted = members.some(({ id }) => id === meId);
  const more = Math.max(total, members.length) - (isMeCounted ? 1 : 0) - shown.length;
  return (
    <ul className="others" aria-label={t("here_now")}>
      {shown.map(({ id, name, type }) => (
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
      {more > 0 && (
        <li className="others-more" title={t("others_here", { count: more })}>
          <span aria-hidden>+{more}</span>
          <span className="sr-only">{t("others_here", { count: more })}</span>
        </li>
      )}
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
