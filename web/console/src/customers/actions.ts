/** Fetches and changes customers. */
import type { Customer } from "@parley/shared/resources";
import { queries, refresh } from "../data/actions";
import { http } from "../http";
import { report } from "../problem";

export type CustomerFields = Pick<
  Customer,
  "name" | "email" | "company" | "tier" | "language" | "custom_fields"
>;

/** Shows the change at once; a refusal brings back what was. */
export async function saveCustomer(id: string, change: Partial<CustomerFields>): Promise<void> {
  const queryKey = ["customers", id];
  const before = queries.getQueryData<Customer>(queryKey);
  if (before) queries.setQueryData<Customer>(queryKey, { ...before, ...change });
  try {
    queries.setQueryData(queryKey, await http.patch<Customer>(`/customers/${id}`, change));
    await refresh("customers", "list");
  } catch (failure) {
    if (before) queries.setQueryData(queryKey, before);
    report(failure);
  }
}

export async function createCustomer(fields: Partial<CustomerFields>): Promise<Customer> {
  const customer = await http.post<Customer>("/customers", fields);
  await refresh("customers", "list");
  return customer;
}

const MERGE_MS = 120_000;

/** All that is one customer's becomes the other's; the first is gone. */
export async function mergeCustomer(id: string, into: string): Promise<void> {
  // Ticket by ticket, which may take a while.
  await http.post<Customer>(`/customers/${id}/merge`, { into }, { timeoutMs: MERGE_MS });
  queries.removeQueries({ queryKey: ["customers", id] });
  await refresh("customers");
}
