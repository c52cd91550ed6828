/** Who takes part in a ticket by mail beside its customer: answers go to them too. */
import type { Ticket } from "@parley/shared/resources";
import { Plus, X } from "lucide-react";
import { type FormEvent, useState } from "react";
import { nameOf } from "../customers/model";
import { useMe } from "../data/view";
import { Link } from "../route/view";
import { mayAnswer } from "../session/model";
import { Avatar, Button, IconButton } from "../ui/parts";
import { useWords } from "../words/view";
import { changeParticipants } from "./actions";
import { participantsOf } from "./model";

export function Participants({ ticket }: { ticket: Ticket }) {
  const t = useWords();
  const isFixed = !mayAnswer(useMe());
  const people = participantsOf(ticket);
  const [isAdding, setAdding] = useState(false);
  const add = (email: string) => {
    setAdding(false);
    void changeParticipants(ticket.id, (emails) => [...emails, email]);
  };
  // What is not known yet must not be overwritten by a list without it.
  if (!ticket.participants || (isFixed && !people.length)) return null;
  return (
    <section className="aside-section">
      <h3>{t("participants")}</h3>
      <ul className="people-list">
        {people.map((person) => (
          <li key={person.id}>
            <Avatar id={person.id} name={nameOf(t, person)} size="s" />
            <span title={person.email}>
              <Link to={{ page: "customers", customerId: person.id, q: "" }} className="quiet-link">
                {nameOf(t, person)}
              </Link>
            </span>
            {!isFixed && (
              <IconButton
                label={t("participant_remove", { name: nameOf(t, person) })}
                onClick={() =>
                  void changeParticipants(ticket.id, (emails) =>
                    emails.filter((email) => email !== person.email),
                  )
                }
              >
                <X />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
      {!isFixed && isAdding && <AddParticipant onAdd={add} onClose={() => setAdding(false)} />}
      {!isFixed && !isAdding && (
        <Button look="ghost" onClick={() => setAdding(true)}>
          <Plus aria-hidden /> {t("participant_add")}
        </Button>
      )}
    </section>
  );
}

function AddParticipant({
  onAdd,
  onClose,
}: {
  onAdd: (email: string) => void;
  onClose: () => void;
}) {
  const t = useWords();
  const [email, setEmail] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (email.trim()) onAdd(email.trim());
  };
  return (
    <form className="people-add" onSubmit={submit}>
      <input
        type="email"
        required
        // biome-ignore lint/a11y/noAutofocus: the person has just pressed the button for it
        autoFocus
        aria-label={t("participant_email")}
        placeholder={t("participant_email")}
        value={email}
        onChange={(event) => setEmail(event.target.value)}
        onKeyDown={(event) => event.key === "Escape" && onClose()}
      />
      <Button type="submit">{t("participant_add_short")}</Button>
    </form>
  );
}
