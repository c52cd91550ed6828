import type { MailInfo } from "@parley/shared/resources";
import { expect, test } from "vitest";
import { interaction, ticket } from "../people";
import {
  askAgainMs,
  badgesOf,
  briefly,
  findingsOf,
  isByMail,
  mailsByInteraction,
  personFull,
  remoteImages,
  withFold,
} from "./model";

const carla = { name: "Carla", email: "carla@customer.test" };
const bob = { name: "", email: "bob@customer.test" };

function mail(change: Partial<MailInfo> = {}): MailInfo {
  return {
    id: "mail-1",
    direction: "in",
    inbox_id: "inbox-1",
    ticket_id: "t1",
    interaction_id: "interaction-1",
    from: carla,
    to: [{ name: "", email: "support@desk.test" }],
    cc: [],
    date: null,
    at: "2026-11-22T09:00:00Z",
    class: "human",
    auto: null,
    defects: [],
    authentication: { spf: "none", dkim: "none", dmarc: "none", source: null },
    forged: false,
    verified_sender: false,
    state: "done",
    attempts: 1,
    error: null,
    size_bytes: 100,
    raw_url: null,
    ...change,
  };
}

test("a plain mail of the ticket's customer has no mark", () => {
  expect(badgesOf(mail(), [carla.email])).toEqual([]);
  expect(
    badgesOf(mail({ from: { ...carla, email: "Carla@Customer.test" } }), [carla.email]),
  ).toEqual([]);
});

test("the gravest mark stands first", () => {
  const found = mail({ forged: true, auto: "auto-submitted", from: bob, defects: ["No date."] });
  expect(badgesOf(found, [carla.email])).toEqual([
    "forged",
    "auto_reply",
    "other_sender",
    "defects",
  ]);
});

test("a bounce is neither an automatic reply nor another sender", () => {
  const found = mail({ class: "bounce", auto: "null-sender", from: bob });
  expect(badgesOf(found, [carla.email])).toEqual(["bounce"]);
});

test("nobody is another sender by a further address, or before the customer is known", () => {
  expect(badgesOf(mail({ from: bob }), [carla.email, bob.email])).toEqual([]);
  expect(badgesOf(mail({ from: bob }), [])).toEqual([]);
});

test("of many people some are named and the rest counted", () => {
  expect(briefly([carla, bob], 2)).toEqual({ names: "Carla, bob@customer.test", more: 0 });
  expect(briefly([carla, bob, carla, bob], 2)).toEqual({ names: "Carla", more: 3 });
  expect(personFull(carla)).toBe("Carla <carla@customer.test>");
});

test("what was found of a sender is told in words, where somebody has looked", () => {
  expect(findingsOf(mail())).toEqual([]);
  const authentication = { spf: "softfail", dkim: "pass", dmarc: "none", source: "relay" } as const;
  expect(findingsOf(mail({ authentication })).map(({ word }) => word)).toEqual([
    "spf_bad",
    "dkim_good",
    "dmarc_unknown",
  ]);
});

test("each interaction has its mail, and a mail without one belongs to none", () => {
  const known = mailsByInteraction([mail({ state: "sent" }), mail({ interaction_id: null })]);
  expect([...known.values()].map(({ state }) => state)).toEqual(["sent"]);
  expect(known.get(interaction(1).id)?.state).toBe("sent");
});

test("pictures from elsewhere are counted once, with their real address", () => {
  const html =
    '<img data-remote-src="https://a.example/x.png?a=1&amp;b=2" alt=""><img src="cid:x">' +
    '<img alt="y" data-remote-src="https://a.example/x.png?a=1&amp;b=2">';
  expect(remoteImages(html)).toEqual(["https://a.example/x.png?a=1&b=2"]);
});

test("a fold is remembered until it is shut", () => {
  const opened = withFold(new Set([0]), 2, true);
  expect([...opened]).toEqual([0, 2]);
  expect([...withFold(opened, 0, false)]).toEqual([2]);
});

test("mails are asked for again while one is on its way or the ticket has just moved", () => {
  expect(askAgainMs([mail()], 3_600_000)).toBe(false);
  expect(askAgainMs([mail({ state: "queued" })], 3_600_000)).toBe(3000);
  expect([-1000, 0, 23_000, 60_000, 61_000, 500_000].map((ago) => askAgainMs([], ago))).toEqual([
    3000, 3000, 3000, 12_000, 12_000, 96_000,
  ]);
});

test("answers leave by mail from a mail inbox, however the ticket was opened", () => {
  const nobody = { id: "c", name: "Vic", email: null };
  expect(isByMail(ticket("t1", { channel_source: "email" }), undefined)).toBe(true);
  expect(isByMail(ticket("t1", { channel_source: "api" }), { channel: "email" })).toBe(true);
  expect(isByMail(ticket("t1", { channel_source: "api" }), { channel: "api" })).toBe(false);
  const unknown = ticket("t1", { channel_source: "portal", customer: nobody });
  expect(isByMail(unknown, { channel: "email" })).toBe(false);
});
