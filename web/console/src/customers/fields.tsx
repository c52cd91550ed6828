/** What a customer is called and reached by, changed where it stands by whoever may answer. */
import type { Customer } from "@parley/shared/resources";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useMe } from "../data/view";
import { http } from "../http";
import { mayAnswer } from "../session/model";
import { InlineText } from "../ui/inline_text";
import { useWords } from "../words/view";
import { saveCustomer } from "./actions";
import { Addresses } from "./addresses";
import { nameOf } from "./model";

/** One customer with everything that is known of them. */
export function useCustomer(id: string) {
  return useQuery({
    queryKey: ["customers", id],
    queryFn: () => http.get<Customer>(`/customers/${id}`),
  });
}

export function CustomerName({ customer }: { customer: Customer }) {
  const t = useWords();
  const isFixed = !mayAnswer(useMe());
  return (
    <InlineText
      className="customer-name"
      value={customer.name}
      placeholder={nameOf(t, customer)}
      label={t("edit_name")}
      isFixed={isFixed}
      onSave={(name) => void saveCustomer(customer.id, { name })}
    />
  );
}

const FACTS = ["company", "tier", "language"] as const;

interface FactProps {
  name: string;
  value: string;
  onSave: (text: string) => void;
}

/** Something known of a customer, changed where it stands; nothing takes it away. */
function Fact({ name, value, onSave }: FactProps) {
  const t = useWords();
  const isFixed = !mayAnswer(useMe());
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <InlineText
          value={value}
          placeholder={isFixed ? "–" : t("fact_add")}
          label={t("fact_edit", { name })}
          isFixed={isFixed}
          mayBeEmpty
          onSave={onSave}
        />
      </dd>
    </>
  );
}

interface FactsProps {
  customer: Customer;
  /** Further facts, in pairs of `dt` and `dd`. */
  children?: ReactNode;
}

export function CustomerFacts({ customer, children }: FactsProps) {
  const t = useWords();
  const isFixed = !mayAnswer(useMe());
  return (
    <dl className="facts">
      <dt>{t("email")}</dt>
      <dd>
        <InlineText
          type="email"
          value={customer.email ?? ""}
          placeholder={isFixed ? "–" : t("add_email")}
          label={t("edit_email")}
          isFixed={isFixed}
          onSave={(email) => void saveCustomer(customer.id, { email })}
        />
      </dd>
      <Addresses customer={customer} />
      {FACTS.map((fact) => (
        <Fact
          key={fact}
          name={t(fact)}
          value={customer[fact] ?? ""}
          onSave={(text) => void saveCustomer(customer.id, { [fact]: text || null })}
        />
      ))}
      {Object.entries(customer.custom_fields ?? {}).map(([name, value]) => (
        <Fact
          key={name}
          name={name}
          value={value}
          onSave={(text) => {
            const { [name]: _, ...others } = customer.custom_fields;
            const custom_fields = text ? { ...others, [name]: text } : others;
            void saveCustomer(customer.id, { custom_fields });
          }}
        />
      ))}
      {children}
    </dl>
  );
}
