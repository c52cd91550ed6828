/** What a customer is called. Pure. */
import type { Customer } from "@parley/shared/resources";
import type { T } from "../words/view";

type Called = Pick<Customer, "id" | "name" | "email">;

/** Their name, else their address, else "visitor" with the end of the id, to tell two apart. */
export function nameOf(t: T, { id, name, email }: Called): string {
  return name || email || t("visitor", { code: id.slice(-4).toUpperCase() });
}
