/** The colleagues at a ticket, as small faces in its row. */
import { useMe } from "../data/view";
import { useStore } from "../store";
import { Avatar } from "../ui/parts";
import { useWords } from "../words/view";
import { viewingStore } from "./actions";
import { isCustomerTyping, viewersOf } from "./model";

const MAX_FACES = 3;

export function Viewers({ ticketId }: { ticketId: string }) {
  const t = useWords();
  const me = useMe();
  const viewed = useStore(viewingStore, ({ viewing }) => viewing.get(ticketId));
  const viewers = viewed ? viewersOf(viewed, me.id) : [];
  if (!viewers.length) return null;
  const words = viewers
    .map(({ name, isTyping }) => t(isTyping ? "agent_is_writing" : "agent_is_here", { name }))
    .join("\n");
  return (
    <span className="viewers" title={words}>
      {viewers.some(({ isTyping }) => isTyping) && <Dots />}
      {viewers.slice(0, MAX_FACES).map(({ id, name, isTyping }) => (
        <span key={id} className="viewer" data-typing={isTyping || undefined}>
          <Avatar id={id} name={name} size="s" />
        </span>
      ))}
      {viewers.length > MAX_FACES && (
        <span className="viewers-more" aria-hidden>
          +{viewers.length - MAX_FACES}
        </span>
      )}
      <span className="sr-only">{words}</span>
    </span>
  );
}

/** The customer is typing there just now. */
export function CustomerTyping({ ticketId, name }: { ticketId: string; name: string }) {
  const t = useWords();
  const is = useStore(viewingStore, ({ viewing }) => {
    const viewed = viewing.get(ticketId);
    return viewed !== undefined && isCustomerTyping(viewed);
  });
  if (!is) return null;
  return (
    <span
      className="customer-typing"
      role="img"
      aria-label={t("is_typing", { name })}
      title={t("is_typing", { name })}
    >
      <Dots />
    </span>
  );
}

function Dots() {
  return (
    <span className="typing-dots" aria-hidden>
      <i />
      <i />
      <i />
    </span>
  );
}
