/** Two customers who are one person: found, chosen, and told what that means before it is done. */
import type { Customer } from "@parley/shared/resources";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { http } from "../http";
import { describe } from "../problem";
import { navigate } from "../route/actions";
import { Asked } from "../ui/asked";
import { Dialog } from "../ui/dialog";
import { notify } from "../ui/notices";
import { Alert, Avatar, Button, TextField } from "../ui/parts";
import { useWords } from "../words/view";
import { mergeCustomer } from "./actions";
import { nameOf } from "./model";

const MAX_FOUND = 8;

export function MergeDialog({ customer, onClose }: { customer: Customer; onClose: () => void }) {
  const t = useWords();
  const [text, setText] = useState(customer.name);
  const [other, setOther] = useState<Customer | null>(null);
  return (
    <Dialog
      title={t("merge_title", { name: nameOf(t, customer) })}
      onClose={onClose}
      size={other ? "s" : "m"}
    >
      {other ? (
        <Consequence
          customer={customer}
          other={other}
          onBack={() => setOther(null)}
          onClose={onClose}
        />
      ) : (
        <>
          <p>{t("merge_choose")}</p>
          <TextField label={t("search")} type="search" value={text} onText={setText} autoFocus />
          <Found text={text} exceptId={customer.id} onChoose={setOther} />
        </>
      )}
    </Dialog>
  );
}

interface FoundProps {
  text: string;
  exceptId: string;
  onChoose: (customer: Customer) => void;
}

function Found({ text, exceptId, onChoose }: FoundProps) {
  const t = useWords();
  const q = text.trim();
  const answer = useQuery({
    queryKey: ["customers", "found", q],
    queryFn: ({ signal }) =>
      http.page<Customer>("/customers", { query: q ? { q } : {}, size: MAX_FOUND + 1, signal }),
    placeholderData: (before) => before,
  });
  if (!answer.data) return <Asked answer={answer} />;
  const found = answer.data.data.filter(({ id }) => id !== exceptId).slice(0, MAX_FOUND);
  if (!found.length) return <p>{t("nothing_found")}</p>;
  return (
    <ul className="card-list">
      {found.map((one) => (
        <li key={one.id}>
          <button type="button" className="card-row" onClick={() => onChoose(one)}>
            <Avatar id={one.id} name={nameOf(t, one)} />
            <span className="card-main">
              <b>{nameOf(t, one)}</b>
              <span>{one.email}</span>
            </span>
            <span className="card-side">
              {t("tickets_count", { count: one.tickets_count ?? 0 })}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

interface ConsequenceProps {
  customer: Customer;
  other: Customer;
  onBack: () => void;
  onClose: () => void;
}

function Consequence({ customer, other, onBack, onClose }: ConsequenceProps) {
  const t = useWords();
  const [failure, setFailure] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const names = { name: nameOf(t, customer), other: nameOf(t, other) };
  const merge = () => {
    setBusy(true);
    mergeCustomer(customer.id, other.id)
      .then(() => {
        notify(t("merged", names));
        onClose();
        navigate({ page: "customers", customerId: other.id, q: "" });
      }, setFailure)
      .finally(() => setBusy(false));
  };
  const email = customer.email;
  return (
    <>
      {failure !== null && <Alert>{describe(failure)}</Alert>}
      <ul className="consequence">
        <li>{t("merge_tickets", { ...names, count: customer.tickets_count ?? 0 })}</li>
        {email && <li>{t("merge_address", { ...names, email })}</li>}
        <li>{t("merge_gone", names)}</li>
      </ul>
      <p>{t("delete_sure")}</p>
      <div className="form-actions">
        <Button onClick={onBack}>{t("merge_again")}</Button>
        <Button look="danger" disabled={isBusy} onClick={merge}>
          {t("merge")}
        </Button>
      </div>
    </>
  );
}
