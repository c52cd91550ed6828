import { expect, test } from "vitest";
import { addressesOf, emailsOf } from "./model";

test("what is known of the main address stands apart from the others", () => {
  const main = {
    email: "carla@customer.test",
    bounced_at: "2026-11-22T09:00:00Z",
    bounce: "5.1.1",
  };
  const other = { email: "carla@home.test", bounced_at: null, bounce: null };
  expect(addressesOf({ email: "Carla@customer.test", addresses: [other, main] })).toEqual({
    main,
    further: [other],
  });
  expect(addressesOf({ email: null, addresses: [other] })).toEqual({
    main: null,
    further: [other],
  });
  expect(addressesOf({ email: "carla@customer.test" })).toEqual({ main: null, further: [] });
});

test("a customer is known by every address", () => {
  const other = { email: "carla@home.test", bounced_at: null, bounce: null };
  expect(emailsOf({ email: "Carla@customer.test", addresses: [other] })).toEqual([
    "carla@customer.test",
    "carla@home.test",
  ]);
  expect(emailsOf({ email: null })).toEqual([]);
});
