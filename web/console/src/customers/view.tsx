/** The customers: all of them, searched, and one with everything they have asked. */
import type { Customer, Ticket } from "@parley/shared/resources";
import { ArrowLeft, Merge, Plus, Users } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useMe } from "../data/view";
import { describe, fieldProblem } from "../problem";
import { navigate } from "../route/actions";
import { HOME_PLACE, ticketsRoute } from "../route/model";
import { Link } from "../route/view";
import { mayAnswer } from "../session/model";
import { StatusIcon } from "../tickets/signs";
import { SearchField } from "../tickets/view";
import { Asked } from "../ui/asked";
import { Dialog } from "../ui/dialog";
import { Growing, Page } from "../ui/page";
import { Alert, Avatar, Button, Empty, TextField } from "../ui/parts";
import { Age } from "../ui/time";
import { useWords } from "../words/view";
import { createCustomer } from "./actions";
import { CustomerFacts, CustomerName, useCustomer } from "./fields";
import { MergeDialog } from "./merge";
import { nameOf } from "./model";

export function CustomersPage({ q }: { q: string }) {
  const t = useWords();
  const [isCreating, setCreating] = useState(false);
  const add = mayAnswer(useMe()) && (
    <Button look="primary" onClick={() => setCreating(true)}>
      <Plus aria-hidden /> {t("new_customer")}
    </Button>
  );
  return (
    <Page title={t("customers")} actions={add}>
      <SearchField
        text={q}
        onSearch={(text) => navigate({ page: "customers", customerId: null, q: text }, true)}
      />
      <Growing<Customer> path="/customers" queryKey={["customers", "list"]} query={q ? { q } : {}}>
        {(customers) =>
          customers.length ? (
            <ul className="card-list">
              {customers.map((customer) => (
                <CustomerRow key={customer.id} customer={customer} />
              ))}
            </ul>
          ) : (
            <Empty icon={<Users />} title={t(q ? "nothing_found" : "customers_none")} />
          )
        }
      </Growing>
      {isCreating && <NewCustomer onClose={() => setCreating(false)} />}
    </Page>
  );
}

function CustomerRow({ customer }: { customer: Customer }) {
  const t = useWords();
  return (
    <li>
      <Link to={{ page: "customers", customerId: customer.id, q: "" }} className="card-row">
        <Avatar id={customer.id} name={nameOf(t, customer)} />
        <span className="card-main">
          <b>{nameOf(t, customer)}</b>
          <span>
            {[customer.name && customer.email, customer.company].filter(Boolean).join(" · ")}
          </span>
        </span>
        <span className="card-side">
          {t("tickets_count", { count: customer.tickets_count ?? 0 })}
        </span>
      </Link>
    </li>
  );
}

function NewCustomer({ onClose }: { onClose: () => void }) {
  const t = useWords();
  const [fields, setFields] = useState({ name: "", email: "", company: "" });
  const [failure, setFailure] = useState<unknown>(null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { name, email, company } = fields;
    createCustomer({
      name: name.trim(),
      email: email.trim() || null,
      company: company.trim() || null,
    })
      .then(({ id }) => navigate({ page: "customers", customerId: id, q: "" }))
      .catch(setFailure);
  };
  return (
    <Dialog title={t("new_customer")} onClose={onClose} size="s">
      <form className="form" onSubmit={submit}>
        {failure !== null && <Alert>{describe(failure)}</Alert>}
        {(["name", "email", "company"] as const).map((field) => (
          <TextField
            key={field}
            label={t(field)}
            type={field === "email" ? "email" : "text"}
            required={field === "name"}
            value={fields[field]}
            problem={fieldProblem(failure, field)}
            onText={(text) => setFields({ ...fields, [field]: text })}
          />
        ))}
        <div className="form-actions">
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button type="submit" look="primary">
            {t("create")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function CustomerPage({ id }: { id: string }) {
  const t = useWords();
  const mayMerge = mayAnswer(useMe());
  const [isMerging, setMerging] = useState(false);
  const answer = useCustomer(id);
  const customer = answer.data;
  if (!customer)
    return (
      <Page title={t("customers")}>
        <Asked answer={answer} lines={5} />
      </Page>
    );
  return (
    <Page title={nameOf(t, customer)} isNarrow>
      <div className="page-line">
        <Link to={{ page: "customers", customerId: null, q: "" }} className="quiet-link">
          <ArrowLeft aria-hidden /> {t("customers")}
        </Link>
        {mayMerge && (
          <Button onClick={() => setMerging(true)}>
            <Merge aria-hidden /> {t("merge_with")}
          </Button>
        )}
      </div>
      {isMerging && <MergeDialog customer={customer} onClose={() => setMerging(false)} />}
      <section className="card customer-hero">
        <Avatar id={customer.id} name={nameOf(t, customer)} size="l" />
        <div>
          <CustomerName customer={customer} />
          <CustomerFacts customer={customer} />
        </div>
      </section>
      <h2 className="section-title">{t("tickets")}</h2>
      <Growing<Ticket>
        path={`/customers/${id}/tickets`}
        queryKey={["customers", id, "tickets", "all"]}
      >
        {(tickets) =>
          tickets.length ? <CustomerTickets tickets={tickets} /> : <p>{t("tickets_none")}</p>
        }
      </Growing>
    </Page>
  );
}

function CustomerTickets({ tickets }: { tickets: readonly Ticket[] }) {
  const t = useWords();
  return (
    <ul className="card-list">
      {tickets.map((ticket) => (
        <li key={ticket.id}>
          <Link to={ticketsRoute(ticket.id, HOME_PLACE)} className="card-row">
            <StatusIcon status={ticket.status} />
            <span className="card-main">
              <b>{ticket.subject || t("no_subject")}</b>
              <span>
                #{ticket.number} · {t(`status_${ticket.status}`)}
              </span>
            </span>
            <span className="card-side">
              <Age at={ticket.updated_at} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  );
}
