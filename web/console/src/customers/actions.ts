/** Fetches and changes customers. */
import type { Customer } from "@parley/shared/resources";
import { queries, refresh, replace } from "../data/actions";
import { http } from "../http";
import { report } from "../problem";

export type CustomerFields = Pick<
  Customer,
  "name" | "email" | "company" | "tier" | "language" | "custom_fields"
>;

/** Shows the change at once; a refusal brings back what was. The desk has the last word: of two changes
 * of one person the answer to the first may come last. */
export async function saveCustomer(id: string, change: Partial<CustomerFields>): Promise<void> {
  const queryKey = ["customers", id];
  const before = queries.getQueryData<Customer>(queryKey);
  if (before) replace(queryKey, { ...before, ...change });
  try {
    await http.patch<Customer>(`/customers/${id}`, change);
  } catch (failure) {
    if (before) replace(queryKey, before);
    report(failure);
  }
  await refresh("customers");
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
