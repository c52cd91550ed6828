/** What a customer is called, and reached by. Pure. */
import type { Customer, CustomerAddress } from "@parley/shared/resources";
import type { T } from "../words/view";

type Called = Pick<Customer, "id" | "name" | "email">;

/** Their name, else their address, else "visitor" with the end of the id, to tell two apart. */
export function nameOf(t: T, { id, name, email }: Called): string {
  return name || email || t("visitor", { code: id.slice(-4).toUpperCase() });
}

/** What is known of the main address, and the others. */
export function addressesOf({ email, addresses }: Pick<Customer, "email" | "addresses">): {
  main: CustomerAddress | null;
  further: CustomerAddress[];
} {
  const known = addresses ?? [];
  const isMain = (one: CustomerAddress) => one.email.toLowerCase() === email?.toLowerCase();
  return {
    main: known.find(isMain) ?? null,
    further: known.filter((one) => !isMain(one)),
  };
}

/** Every address that is known of a customer, in small letters. */
export function emailsOf({ email, addresses }: Pick<Customer, "email" | "addresses">): string[] {
  const all = [email, ...(addresses ?? []).map((one) => one.email)];
  return all.flatMap((one) => (one ? [one.toLowerCase()] : []));
}
